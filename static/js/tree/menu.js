// Everything one can do with a goal, in a menu at the end of its row.
import { add } from "./adding.js";
import { ask } from "./asking.js";
import { edit } from "./cells.js";
import { focus, rowOf } from "./grid.js";
import { show as showPanel } from "./panel.js";
import { address, arrive, part, tree } from "./server.js";

const menu = document.getElementById("tree-menu");
const GAP = 8;

export async function openMenu(row) {
  const answer = await part(address(row.dataset.id, "state"));
  if (!answer) return;
  menu.replaceChildren(answer);
  menu.dataset.of = row.dataset.id;
  arrive(menu);
  menu.showPopover();
  const at = row.querySelector(".tg-more").getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(GAP, Math.min(at.right - width, innerWidth - width - GAP))}px`;
  menu.style.top = `${Math.max(GAP, Math.min(at.bottom, innerHeight - height - GAP))}px`;
  menu.querySelector("a, button")?.focus();
}

export function closeMenu() {
  if (menu.matches(":popover-open")) menu.hidePopover();
}

const ACTS = {
  panel: row => showPanel(row, true),
  title: row => edit(row, "title"),
  owner: row => edit(row, "owner"),
  weight: row => edit(row, "weight"),
  add,
  move: (row, url) => ask(url),
  ask: (row, url) => ask(url),
};

export function menus() {
  tree.addEventListener("click", event => {
    const link = event.target.closest(".tg-more a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openMenu(link.closest("[role=row]"));
  });
  menu.addEventListener("click", event => {
    const link = event.target.closest("[data-act]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const row = rowOf(menu.dataset.of);
    menu.hidePopover();
    focus(row);
    ACTS[link.dataset.act](row, link.href);
  });
  menu.addEventListener("keydown", event => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const all = [...menu.querySelectorAll("a, button")];
    all[(all.indexOf(document.activeElement) + steps[event.key] + all.length) % all.length].focus();
  });
}
