// The rows on the screen: who stands below whom, and which one has the focus.
import { tree } from "./server.js";

const ROW = "tbody > [role=row]:not(.tg-add)";

export const table = () => tree.querySelector(".treegrid");
export const rows = () => [...tree.querySelectorAll(`.treegrid > ${ROW}`)];
export const rowOf = id => document.getElementById(`goal-${id}`);
export const level = row => Number(row.getAttribute("aria-level"));
export const isGoal = row => Boolean(row?.dataset.id);
export const isEditable = row => "editable" in (row?.dataset ?? {});
export const isOpen = row => row.getAttribute("aria-expanded") === "true";

// Everything below a row that is on the screen.
export function inside(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && level(next) > level(row); next = next.nextElementSibling) found.push(next);
  return found;
}

export function parentOf(row) {
  let above = row.previousElementSibling;
  while (above && level(above) >= level(row)) above = above.previousElementSibling;
  return above;
}

// The rows directly below a row, or the tops for null.
export function below(row) {
  const wanted = row ? level(row) + 1 : 1;
  return (row ? inside(row) : rows()).filter(each => level(each) === wanted && !each.matches(".tg-add"));
}

export function sibling(row, step) {
  const all = below(parentOf(row)).filter(isGoal);
  return all[all.indexOf(row) + step];
}

export const opened = () => rows().filter(isOpen).map(row => row.dataset.id);

export const current = () => tree.querySelector(`.treegrid > ${ROW}[tabindex="0"]`);

export function focus(row) {
  if (!row) return;
  stop(row);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

// Makes a row the one that Tab reaches.
export function stop(row) {
  rows().forEach(each => { each.tabIndex = each === row ? 0 : -1; });
  if (row?.dataset.id) sessionStorage.setItem("cascade-goal", row.dataset.id);
}

// After rows came or went: one row can be reached, the one from before if it is still there.
export function restore() {
  if (!current()) stop(rowOf(sessionStorage.getItem("cascade-goal")) ?? rows()[0]);
}
