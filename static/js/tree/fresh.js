// Rows as the server has them now take the place of those on the screen, without losing focus, editors or what is open.
import { below, inside, isOpen, level, opened, restore, rowOf, table } from "./grid.js";
import { part, tree } from "./server.js";

const SHOWN = 1600; // ms a changed figure stays marked
const FIGURES = ".tg-progress, .tg-gap, .tg-status, .tg-weight";

// What to ask for: `below` parents (0: the top), single `goals`, all that was written `since`.
export async function refresh({ below: parents = [], goals = [], since, skip, quiet = false }) {
  const query = new URLSearchParams({ cycle: tree.dataset.cycle });
  if (parents.length) query.set("below", parents.join());
  if (goals.length) query.set("goals", goals.join());
  if (since) { query.set("since", since); query.set("open", opened().join()); }
  if (skip) query.set("skip", skip);
  const answer = await part(`${tree.dataset.rows}?${query}`, { quiet });
  const found = answer?.querySelector("table");
  if (!found || !table()) return false;
  const held = document.activeElement;
  const holder = held?.closest("[role=row]")?.dataset.id;
  found.querySelectorAll("[data-below]").forEach(group => place(group, Boolean(skip)));
  found.querySelectorAll("[data-named] > [data-id]").forEach(fresh => {
    const row = rowOf(fresh.dataset.id);
    if (row) patch(row, fresh);
  });
  const marks = table().dataset;
  [marks.pending, marks.since] = [found.dataset.pending, found.dataset.since];
  restore();
  if (held !== document.activeElement && holder) {
    if (held.isConnected) held.focus({ preventScroll: true });
    else rowOf(holder)?.focus({ preventScroll: true });
  }
  return true;
}

// The children of one parent, in their order; `more` adds to those that are there.
function place(group, more) {
  const parent = group.dataset.below === "0" ? null : rowOf(group.dataset.below);
  if (group.dataset.below !== "0" && !(parent && isOpen(parent))) return;
  const depth = parent ? level(parent) + 1 : 1;
  const old = below(parent);
  old.filter(row => row.matches(".tg-restricted") || (more && row.matches(".tg-rest"))).forEach(row => row.remove());
  const there = old.filter(row => row.isConnected);
  let last = more ? endOf(there.at(-1) ?? parent) : parent;
  const kept = new Set(more ? there : []);
  const isPart = group.querySelector(".tg-rest");
  for (const fresh of [...group.rows]) {
    if (fresh.matches(".tg-rest") && there.some(row => row.matches(".tg-rest"))) continue;
    const known = fresh.dataset.id && rowOf(fresh.dataset.id);
    const row = known || fresh;
    const block = known ? [known, ...inside(known)] : [fresh];
    if (known) patch(known, fresh);
    relevel(block, depth);
    if (row.previousElementSibling !== last || !known) insert(block, last);
    kept.add(row);
    last = block.at(-1);
  }
  if (!isPart && !more) there.filter(row => !kept.has(row)).forEach(row => [...inside(row), row].forEach(each => each.remove()));
}

function endOf(row) {
  return row ? inside(row).filter(each => !each.matches(".tg-add")).at(-1) ?? row : null;
}

function insert(block, after) {
  if (after) after.after(...block);
  else table().tBodies[0].prepend(...block);
}

function relevel(block, depth) {
  const step = depth - level(block[0]);
  if (step) block.forEach(row => row.setAttribute("aria-level", level(row) + step));
}

// One row's cells where they differ; a cell that is being edited keeps what is typed.
function patch(row, fresh) {
  for (const name of ["data-rank", "data-editable", "aria-posinset", "aria-setsize"]) {
    const value = fresh.getAttribute(name);
    if (value === null) row.removeAttribute(name);
    else if (value !== "0") row.setAttribute(name, value);
  }
  for (const name of ["is-ended", "is-moved"]) row.classList.toggle(name, fresh.classList.contains(name));
  if (!fresh.hasAttribute("aria-expanded")) row.removeAttribute("aria-expanded");
  else if (!row.hasAttribute("aria-expanded")) row.setAttribute("aria-expanded", "false");
  [...fresh.cells].forEach((cell, at) => {
    const old = row.cells[at];
    if (old.querySelector("form") || same(old, cell)) return;
    const isFigure = old.matches(FIGURES) && old.textContent !== cell.textContent;
    old.className = cell.className;
    old.replaceChildren(...cell.childNodes);
    if (isFigure) mark(old);
  });
}

// Where a link leads to without scripts does not matter here.
function same(old, cell) {
  const text = each => each.innerHTML.replace(/ href="[^"]*"/g, "");
  return text(old) === text(cell);
}

function mark(cell) {
  cell.classList.add("is-changed");
  setTimeout(() => cell.classList.remove("is-changed"), SHOWN);
}
