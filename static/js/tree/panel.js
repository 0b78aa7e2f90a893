// One goal beside the tree; on a phone in place of it.
import { focus, isGoal, rowOf, stop } from "./grid.js";
import { show as showUrl } from "./opening.js";
import { address, part, tree } from "./server.js";

const panel = document.getElementById("tree-panel");
let shown = "";

export async function show(row, takesFocus) {
  if (!isGoal(row)) return;
  const answer = await part(address(row.dataset.id, "panel"));
  if (!answer) return;
  mark(row);
  panel.replaceChildren(answer);
  panel.hidden = false;
  tree.classList.add("has-panel");
  panel.scrollTop = 0;
  if (takesFocus || matchMedia("(max-width: 74.99rem)").matches) panel.querySelector("#panel-title").focus();
}

function mark(row) {
  tree.querySelectorAll(".is-open").forEach(each => each.classList.remove("is-open"));
  shown = row?.dataset.id ?? "";
  row?.classList.add("is-open");
  const url = new URL(location);
  if (shown) url.searchParams.set("panel", shown);
  else url.searchParams.delete("panel");
  showUrl(url);
}

export function hide() {
  const row = rowOf(shown);
  const hadFocus = panel.contains(document.activeElement) || document.activeElement === document.body;
  panel.hidden = true;
  panel.replaceChildren();
  tree.classList.remove("has-panel");
  mark(null);
  if (hadFocus) focus(row);
}

// The figures of the goal that is shown, after something changed.
export async function renew() {
  if (!shown) return;
  const answer = await part(address(shown, "panel"), { quiet: true });
  if (!answer || panel.hidden || panel.contains(document.activeElement)) return;
  const at = panel.scrollTop;
  panel.replaceChildren(answer);
  panel.scrollTop = at;
}

export function panels() {
  panel.addEventListener("click", event => event.target.closest("[data-close-panel]") && hide());
  document.addEventListener("keydown", event => {
    const elsewhere = event.target.closest?.("dialog, [popover], form");
    if (event.key === "Escape" && shown && !elsewhere && !event.defaultPrevented) hide();
  });
  tree.addEventListener("click", event => {
    const row = event.target.closest(".treegrid tbody > [role=row]");
    if (!isGoal(row) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a, button, input, select, form, label");
    if (link && !link.matches(".tg-title")) return;
    event.preventDefault();
    if (String(getSelection())) return;
    stop(row);
    row.focus({ preventScroll: true });
    show(row, false);
  });
  tree.addEventListener("goals:figures", renew);
  const asked = rowOf(new URL(location).searchParams.get("panel"));
  if (asked) show(asked, false);
}
