// The tree as the server has it now takes the place of what is on the screen, without losing focus, editors or what is open.
import { take } from "./fetching.js";
import { adopt, arrange, ids, isComing, known, restore, shape, table } from "./grid.js";
import { part, question, tree } from "./server.js";
import { render } from "./window.js";

const MOST = 100; // goals named in one question

// What to ask for: `below` parents (0: the top), single `goals`, which goals were written `since`.
export async function refresh({ below = [], goals = [], since, quiet = false }) {
  const asked = { below: below.slice(0, MOST).join(), goals: goals.slice(0, MOST).join(), since };
  const answer = await part(question(asked), { quiet });
  const found = answer?.querySelector("table");
  if (!found || !table()) return false;
  const told = JSON.parse(answer.querySelector("script").textContent);
  outdate(goals.slice(MOST), told.changed);
  if (told.shape.below) shape(told.shape);
  found.querySelectorAll("tbody > [data-id]").forEach(take);
  const marks = table().dataset;
  [marks.pending, marks.since] = [found.dataset.pending, found.dataset.since];
  redraw();
  return below.length > MOST ? refresh({ below: below.slice(MOST), quiet }) : true;
}

// Rows that are not as they were: fetched again when they are looked at.
function outdate(goals, changed) {
  const all = changed === true ? ids() : [...goals, ...changed];
  all.map(known).filter(each => each && !isComing(each)).forEach(each => { each.isStale = true; });
}

export function redraw() {
  const held = document.activeElement;
  const holder = held?.closest("[role=row]");
  arrange();
  restore();
  render();
  tree.dispatchEvent(new CustomEvent("goals:arranged"));
  if (!holder || held === document.activeElement) return;
  if (held.isConnected) held.focus({ preventScroll: true });
  else if (holder.isConnected) holder.focus({ preventScroll: true });
}

// The tree that came with the page.
export function begin() {
  const told = document.getElementById("tree-shape");
  if (!told) return;
  shape(JSON.parse(told.textContent), { whole: true });
  told.closest("#tree").querySelectorAll(".treegrid > tbody > [data-id]").forEach(adopt);
  redraw();
}
