// Many goals at once: Space, Shift, Ctrl+A and the boxes select; a bar tells how many and what can be done with them.
import { ask, askTogether } from "./asking.js";
import { current, focus, ids, idsBetween, indexOf, isGoal, known, rowAt, rowOf, table } from "./grid.js";
import { tree } from "./server.js";

const bar = document.getElementById("tree-selection");
const chosen = new Set();
let anchor = null; // where a range began
let range = []; // what the last range selected, to take it back when it shrinks

export const selected = () => ids().filter(id => chosen.has(id));
export const isSelected = row => chosen.has(row?.dataset.id);
export const hasSelection = () => chosen.size > 0;

// A row shows whether it is selected.
export function dress(row) {
  if (!bar || !isGoal(row)) return;
  const on = chosen.has(row.dataset.id);
  if (row.getAttribute("aria-selected") !== String(on)) row.setAttribute("aria-selected", String(on));
  const box = row.querySelector(".tg-check input");
  if (box && box.checked !== on) box.checked = on;
}

function shown() {
  table()?.querySelectorAll("tbody > [data-id]").forEach(dress);
  const all = selected();
  const some = all.length > 0;
  if (bar.hidden === some) bar.hidden = !some;
  document.body.classList.toggle("has-selection", some);
  const told = bar.querySelector("[data-count]");
  const words = all.length === 1 ? told.dataset.one : told.dataset.many;
  told.textContent = words.replace("{n}", all.length.toLocaleString(document.documentElement.lang));
  const box = table()?.querySelector("[data-all]");
  if (!box) return;
  const whole = ids().length;
  box.checked = some && all.length === whole;
  box.indeterminate = some && all.length < whole;
}

export function select(row, on = !chosen.has(row.dataset.id)) {
  if (!bar || !isGoal(row)) return;
  if (on) chosen.add(row.dataset.id);
  else chosen.delete(row.dataset.id);
  [anchor, range] = [row.dataset.id, []];
  shown();
}

// Everything from where the selection began to this row.
export function selectTo(row) {
  if (!bar) return;
  const from = anchor === null ? -1 : indexOf(rowOf(anchor));
  if (from < 0) return select(row, true);
  const to = indexOf(row);
  range.forEach(id => chosen.delete(id));
  range = idsBetween(Math.min(from, to), Math.max(from, to));
  range.forEach(id => chosen.add(id));
  shown();
}

export function extend(row, step) {
  if (anchor === null || !chosen.size) select(row, true);
  const next = rowAt(indexOf(row) + step);
  focus(next);
  selectTo(next);
}

export function selectAll() {
  if (!bar) return;
  ids().forEach(id => chosen.add(id));
  range = [];
  shown();
}

export function clear() {
  if (!chosen.size) return false;
  chosen.clear();
  [anchor, range] = [null, []];
  shown();
  return true;
}

// Ids with the versions that were seen, as far as the rows were fetched.
export function named() {
  return selected().map(id => {
    const version = known(id).el?.dataset.version;
    return version ? `${id}:${version}` : id;
  }).join();
}

export const moveSelected = () => ask(`${bar.dataset.move}?${new URLSearchParams({ goals: selected().join() })}`);

export function selecting() {
  bar.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.together) askTogether(button.dataset.together, named());
    if (button.dataset.moveSelected !== undefined) moveSelected();
    if (button.dataset.clearSelection !== undefined) { clear(); focus(current()); }
  });
  tree.addEventListener("click", event => {
    const row = event.target.closest(".treegrid > tbody > [data-id]");
    if (!row) return;
    const box = event.target.closest(".tg-check");
    if (box && event.target.matches("input")) {
      if (event.shiftKey) selectTo(row);
      else select(row, event.target.checked);
      shown();
    } else if (!box && !event.target.closest("form, button, .tg-twist") && (event.shiftKey || event.ctrlKey || event.metaKey) && !event.target.closest("a:not(.tg-title)")) {
      if (!event.shiftKey && event.target.closest("a")) return; // a link in a new tab
      event.preventDefault();
      getSelection()?.removeAllRanges();
      if (event.shiftKey) selectTo(row);
      else select(row);
      focus(row);
    }
  });
  tree.addEventListener("change", event => {
    if (event.target.dataset.all === undefined) return;
    if (event.target.checked) selectAll();
    else clear();
  });
  tree.addEventListener("goals:arranged", shown);
}
