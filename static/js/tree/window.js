// Of a long tree only the rows around what is seen are part of the page; the room of the others is kept free.
import { body, current, indexOf, isComing, places, table, tell } from "./grid.js";
import { want } from "./fetching.js";
import { dress } from "./selection.js";
import { tree } from "./server.js";

const FEW = 300; // rows that are all put into the page: then the browser's own search and print find them
const SPARE = 900; // px above and below what is seen that are put into the page
const FAR = 500; // rows
const LEFT = 300; // px of it that may be left before more is
const narrow = matchMedia("(max-width: 47.99rem)"); // where rows are as high as their titles are long
const heights = new WeakMap();
let usual = 38, isLearned = false, starts = [0], shown = [0, 0], asked = 0, printing = false;

const heightOf = each => heights.get(each) ?? usual;

// Where each row begins, from the first one on.
function measure() {
  const all = places();
  starts = new Array(all.length + 1);
  starts[0] = 0;
  all.forEach((each, index) => { starts[index + 1] = starts[index] + heightOf(each); });
}

// The first row that ends below `y`.
function rowAtHeight(y) {
  let low = 0, high = places().length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle + 1] > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

const seenFrom = () => -body().getBoundingClientRect().top;

function wanted() {
  const all = places();
  if (all.length <= FEW || printing) return all.map((_, index) => index);
  const top = seenFrom();
  const from = rowAtHeight(top - SPARE), to = rowAtHeight(top + innerHeight + SPARE);
  const found = new Set();
  shown = [starts[from], starts[to + 1]];
  for (let index = from; index <= to; index += 1) found.add(index);
  const kept = [current(), document.activeElement?.closest?.("[role=row]"), ...[...tree.querySelectorAll(".tg-addform, .is-dragging, .cell-form")].map(each => each.closest("[role=row]"))];
  kept.map(row => (row ? indexOf(row) : -1)).filter(index => index >= 0).forEach(index => found.add(index));
  return [...found].sort((a, b) => a - b);
}

// Rows far from what is seen are given back; they are fetched again when they are looked at.
function forget(here) {
  const from = indexOf(here[0].el) - FAR, to = indexOf(here.at(-1).el) + FAR;
  places().forEach((each, index) => {
    if (each.id && each.el && (index < from || index > to) && each.el !== current()) each.el = null;
  });
}

function gap(height) {
  const row = document.createElement("tr");
  row.className = "tg-away";
  row.setAttribute("aria-hidden", "true");
  const cell = row.insertCell();
  cell.colSpan = table().tHead.rows[0].cells.length;
  cell.style.height = `${height}px`;
  return row;
}

// Brings the page in line with the tree. Rows that stay are not touched, so that focus and what is typed stay too.
export function render() {
  const holder = body();
  if (!holder) return;
  measure();
  const all = places(), list = [];
  const here = [];
  let last = -1;
  for (const index of wanted()) {
    if (index > last + 1) list.push(gap(starts[index] - starts[last + 1]));
    list.push(tell(all[index], index));
    here.push(all[index]);
    last = index;
  }
  if (all.length > FEW) forget(here);
  if (last < all.length - 1) list.push(gap(starts[all.length] - starts[last + 1]));
  const keep = new Set(list);
  [...holder.children].forEach(child => keep.has(child) || child.remove());
  let at = holder.firstElementChild;
  for (const row of list) {
    if (row === at) at = at.nextElementSibling;
    else holder.insertBefore(row, at);
  }
  table().setAttribute("aria-rowcount", all.length + 1);
  here.forEach(each => dress(each.el));
  learn(here);
  want(here.filter(each => each.id && (isComing(each) || each.isStale)));
  tree.dispatchEvent(new CustomEvent("goals:shown"));
}

// How high rows are: all the same where there is room, each as it is on a phone.
function learn(here) {
  if (!isLearned || narrow.matches) {
    const goal = here.find(each => each.id && !isComing(each));
    if (goal) [usual, isLearned] = [goal.el.offsetHeight || usual, true];
  }
  here.filter(each => narrow.matches || !each.id).forEach(each => heights.set(each, each.el.offsetHeight));
}

function later() {
  if (asked) return;
  asked = requestAnimationFrame(() => { asked = 0; if (isShort()) render(); });
}

// Whether what is in the page ends soon above or below what is seen.
function isShort() {
  if (places().length <= FEW || !body()) return false;
  const top = seenFrom(), [from, to] = shown;
  return (from > 0 && top - from < LEFT) || (to < starts.at(-1) && to - top - innerHeight < LEFT);
}

export function windowing() {
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later, { passive: true });
  narrow.addEventListener("change", render);
  addEventListener("beforeprint", () => { printing = true; render(); });
  addEventListener("afterprint", () => { printing = false; render(); });
  tree.addEventListener("goals:reach", render);
}
