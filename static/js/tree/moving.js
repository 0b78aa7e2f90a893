// Moving goals by keys.
import { isEditable, isGoal, parentOf, sibling } from "./grid.js";
import { refused } from "../toasts.js";
import { address, post } from "./server.js";

// `place` names the new parent (empty: the top) and the sibling to stand before or after.
export const move = (row, place) => post(address(row.dataset.id, "move"), place);

export const moveAll = (ids, place) => post(ids.length > 1 ? hint.dataset.move : address(ids[0], "move"), ids.length > 1 ? { goals: ids.join(), ...place } : place);

const hint = document.getElementById("drag-hint");
const idOf = row => row?.dataset.id ?? "";

export const MOVES = {
  ArrowUp: row => {
    const before = sibling(row, -1);
    return before && { parent: idOf(parentOf(row)), before: idOf(before) };
  },
  ArrowDown: row => {
    const after = sibling(row, 1);
    return after && { parent: idOf(parentOf(row)), after: idOf(after) };
  },
  ArrowRight: row => {
    const parent = sibling(row, -1);
    return parent && { parent: idOf(parent) };
  },
  ArrowLeft: row => {
    const parent = parentOf(row);
    return parent && { parent: idOf(parentOf(parent)), after: idOf(parent) };
  },
};

export function moveByKey(row, key) {
  if (!isGoal(row) || !isEditable(row)) return;
  if (document.getElementById("tree").dataset.ordered && key in { ArrowUp: 1, ArrowDown: 1 }) { refused(409, "text/plain", hint.dataset.ordered); return; }
  const place = MOVES[key](row);
  if (place) move(row, place);
}
