// The tree as it is opened: every row has a place in it, also those that are not in the page.
//
// A place knows its goal (or the line that stands there instead) and where it stands; its row, an element, is made when
// it is looked at. Far from what is seen rows are no part of the page (window.js), and until it was fetched a row only
// says that it is coming (fetching.js).
import { tree } from "./server.js";

const nodes = new Map(); // the places of goals by id: { id, parent, level, place, among, open, inside, context, children, el }
const lines = new Map(); // what is said about goals that may not be seen, by parent
const owners = new WeakMap(); // the place of a row that is no goal
let tops = [], flat = [], indexes = new Map(), extra = null, here = null;

export const table = () => tree.querySelector(".treegrid");
export const body = () => table()?.tBodies[0];
export const places = () => flat;
export const count = () => flat.length;
export const rowAt = index => element(flat[Math.max(0, Math.min(index, flat.length - 1))]);
export const node = row => (row?.dataset.id ? nodes.get(row.dataset.id) : owners.get(row));
export const indexOf = row => indexes.get(node(row)) ?? -1;
export const idsBetween = (from, to) => flat.slice(from, to + 1).filter(each => each.id).map(each => each.id);
export const ids = () => idsBetween(0, flat.length);
export const known = id => nodes.get(String(id));
export const rowOf = id => (nodes.has(String(id)) ? element(known(id)) : undefined);
export const level = row => node(row).level;
export const isGoal = row => Boolean(row?.dataset.id);
export const isEditable = row => "editable" in (row?.dataset ?? {});
export const isOpen = row => Boolean(node(row)?.open);
export const hasInside = row => Boolean(node(row)?.inside);
export const parentOf = row => rowOf(node(row)?.parent);
export const opened = () => flat.filter(each => each.open && each.children).map(each => each.id);

export const childrenOf = id => (id ? known(id)?.children ?? [] : tops).map(each => rowOf(each));

export const firstInside = row => rowAt(indexOf(row) + 1);

export function isInside(row, other) {
  for (let above = node(other); above; above = known(above.parent)) if (above.parent === row.dataset.id) return true;
  return false;
}

export function sibling(row, step) {
  const each = node(row);
  const all = each.parent ? known(each.parent).children : tops;
  return rowOf(all[all.indexOf(each.id) + step]);
}

// What the server said stands below whom: one answer for the whole tree, or for some parents of it.
export function shape({ below, hidden }, { whole = false } = {}) {
  if (whole) { nodes.clear(); lines.clear(); tops = []; here = null; }
  for (const [key, children] of Object.entries(below)) {
    const parent = key === "0" ? "" : key;
    const list = children.map(([id]) => String(id));
    children.forEach(([id, inside, context]) => {
      const each = made(String(id));
      Object.assign(each, { parent, inside: Boolean(inside), context: whole ? Boolean(context) : each.context });
      if (!inside) [each.children, each.open] = [null, false];
    });
    if (parent) Object.assign(made(parent), { children: list, open: whole || made(parent).open, inside: list.length > 0 || key in hidden });
    else if (whole || list.length) tops = list;
    if (key in hidden) lines.set(parent, { parent, words: hidden[key] });
    else lines.delete(parent);
  }
}

function made(id) {
  if (!nodes.has(id)) nodes.set(id, { id, parent: "", level: 1, open: false, inside: false, children: null });
  return nodes.get(id);
}

export function setOpen(row, open) {
  node(row).open = open;
}

// The places in their order, from the tops down.
export function arrange() {
  flat = [];
  const waiting = [[tops, 0, 1, ""]];
  while (waiting.length) {
    const [list, at, depth, parent] = waiting.pop();
    if (at < list.length) {
      waiting.push([list, at + 1, depth, parent]);
      const each = known(list[at]);
      Object.assign(each, { level: depth, place: at + 1, among: list.length });
      flat.push(each);
      const opens = each.open && (each.children || extra?.parent === each.id);
      if (opens) waiting.push([each.children ?? [], 0, depth + 1, each.id]);
    } else {
      for (const each of [extra?.parent === parent && extra, lines.get(parent)]) {
        if (each) { each.level = depth; flat.push(each); }
      }
    }
  }
  indexes = new Map(flat.map((each, index) => [each, index]));
}

const copy = id => document.getElementById(id).content.querySelector("tr").cloneNode(true);

// The row at a place. A goal's says that it is coming until its cells were fetched.
export function element(each) {
  if (!each) return undefined;
  if (!each.el) {
    each.el = copy(each.id ? "coming-row" : "restricted-row");
    if (each.id) Object.assign(each.el, { id: `goal-${each.id}` }).dataset.id = each.id;
    else owners.set(each.el, each);
  }
  if (each.words) each.el.querySelector("[data-words]").textContent = each.words;
  return each.el;
}

// Where a row stands, told in its attributes.
export function tell(each, index) {
  const row = element(each);
  const told = { rowindex: index + 2, level: each.level, ...(each.id && { posinset: each.place, setsize: each.among }) };
  if (each.inside) told.expanded = Boolean(each.open && each.children);
  else row.removeAttribute("aria-expanded");
  for (const [name, value] of Object.entries(told)) {
    if (row.getAttribute(`aria-${name}`) !== String(value)) row.setAttribute(`aria-${name}`, value);
  }
  row.classList.toggle("is-context", Boolean(each.context));
  return row;
}

export const isComing = each => !each.el || each.el.classList.contains("is-coming");

// Rows that came with the page.
export function adopt(row) {
  const each = known(row.dataset.id);
  if (each) each.el = row;
}

// A line that is no goal, last below a parent: where a new goal is written.
export function put(el, parent) {
  extra = { el, parent };
  owners.set(el, extra);
}

export function take(el) {
  if (extra?.el === el) extra = null;
}

export const current = () => here;

export function focus(row) {
  if (!row || indexOf(row) < 0) return;
  stop(row);
  if (!row.isConnected) tree.dispatchEvent(new CustomEvent("goals:reach"));
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

// Makes a row the one that Tab reaches.
export function stop(row) {
  if (here && here !== row) here.tabIndex = -1;
  here = row ?? null;
  if (!here) return;
  here.tabIndex = 0;
  if (here.dataset.id) sessionStorage.setItem("cascade-goal", here.dataset.id);
}

// After rows came or went: one row can be reached, the one from before if it is still there.
export function restore() {
  if (here && indexOf(here) >= 0) { here.tabIndex = 0; return; }
  const last = rowOf(sessionStorage.getItem("cascade-goal"));
  stop(last && indexOf(last) >= 0 ? last : rowAt(0));
}
