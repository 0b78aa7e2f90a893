// Goals are moved by the handle at their row's start: onto a row, or between two. What would follow is told before.
import { childrenOf, isEditable, isInside, isOpen, level, parentOf, rowOf, table } from "./grid.js";
import { open } from "./opening.js";
import { moveAll } from "./moving.js";
import { isSelected, selected } from "./selection.js";
import { address, part, tree } from "./server.js";

const STEP = 18; // px that a level is moved in, as in tree.css
const WAIT = 120;
const HOVERED = 900; // ms over a closed row until it opens
let library, hint, asked, timer, opening;

export async function dragging() {
  library = await import(tree.dataset.dragLibrary);
  hint = document.getElementById("drag-hint");
  library.monitorForElements({ onDrag: show, onDropTargetChange: show, onDrop: drop });
  library.autoScrollWindowForElements();
  tree.addEventListener("goals:shown", attach);
  tree.addEventListener("goals:figures", attach);
  attach();
}

function attach() {
  table()?.querySelectorAll("tbody > [data-editable]:not([data-drags])").forEach(drags);
  table()?.querySelectorAll("tbody > [data-id]:not([data-drops])").forEach(drops);
}

function drags(row) {
  row.dataset.drags = "";
  library.draggable({
    element: row,
    canDrag: ({ input }) => Boolean(document.elementFromPoint(input.clientX, input.clientY)?.closest(".tg-grip")),
    getInitialData: () => ({ ids: together(row) }),
    onDragStart: () => together(row).forEach(id => rowOf(id).classList.add("is-dragging")),
    onDrop: () => tree.querySelectorAll(".is-dragging").forEach(each => each.classList.remove("is-dragging")),
  });
}

// A goal that is selected takes the others with it.
const together = row => (isSelected(row) ? selected() : [row.dataset.id]);

function drops(row) {
  row.dataset.drops = "";
  library.dropTargetForElements({
    element: row,
    getData: ({ input, element }) => library.attachInstruction({ id: row.dataset.id }, {
      input, element, currentLevel: level(row) - 1, indentPerLevel: STEP, mode: isOpen(row) ? "expanded" : "standard", block: [],
    }),
    canDrop: ({ source }) => !source.data.ids.includes(row.dataset.id),
  });
}

// Where the goal would stand if it were let go now.
function place(data) {
  const instruction = library.extractInstruction(data);
  const row = rowOf(data.id);
  if (!instruction || !row) return null;
  const parent = parentOf(row)?.dataset.id ?? "";
  const places = {
    "make-child": { parent: data.id },
    "reorder-above": { parent, before: data.id },
    "reorder-below": isOpen(row) ? { parent: data.id, before: childrenOf(data.id)[0]?.dataset.id ?? "" } : { parent, after: data.id },
  };
  return places[instruction.type] && { ...places[instruction.type], row, type: instruction.type };
}

// What the page can tell by itself; the server decides.
function against(ids, target) {
  if (isOrdered() && target.type !== "make-child") return words("ordered");
  const parent = rowOf(target.parent);
  if (!parent) return "";
  for (const dragged of ids.map(rowOf)) {
    if (parent === dragged || isInside(dragged, parent)) return words("itself");
    if (Number(dragged.dataset.rank) < Number(parent.dataset.rank)) return words("level");
    if (!isEditable(parent) && parent !== parentOf(dragged)) return words("right");
  }
  return "";
}

const isOrdered = () => Boolean(document.getElementById("tree").dataset.ordered);
const words = name => hint.dataset[name];

function clear() {
  tree.querySelectorAll(".drop-into, .drop-before, .drop-after").forEach(row => row.classList.remove("drop-into", "drop-before", "drop-after"));
  clearTimeout(opening);
  opening = null;
}

function show({ source, location }) {
  const over = location.current.dropTargets[0];
  const target = over && place(over.data);
  const key = target ? `${target.type} ${target.row.dataset.id}` : "";
  if (key === asked) return;
  asked = key;
  clear();
  clearTimeout(timer);
  if (!target) { hint.hidden = true; return; }
  const why = against(source.data.ids, target);
  const classes = { "make-child": "drop-into", "reorder-above": "drop-before", "reorder-below": "drop-after" };
  if (!why) target.row.classList.add(classes[target.type]);
  tell(target, why);
  if (why) return;
  if (target.type === "make-child") opening = setTimeout(() => open(target.row), HOVERED);
  timer = setTimeout(() => effect(source.data.ids, target, key), WAIT);
}

function tell(target, why) {
  const where = { "make-child": "below", "reorder-above": "before", "reorder-below": "after" }[target.type];
  const title = target.row.querySelector(".tg-title")?.textContent ?? "";
  hint.hidden = false;
  hint.classList.toggle("is-refused", Boolean(why));
  hint.querySelector("[data-where]").textContent = why || `${words(where)} “${title}”`;
  hint.querySelector("[data-effect]").replaceChildren();
}

async function effect(ids, target, key) {
  const query = new URLSearchParams({ parent: target.parent, goals: ids.join() });
  const answer = await part(`${ids.length > 1 ? hint.dataset.preview : address(ids[0], "move/preview")}?${query}`, { quiet: true });
  if (answer && key === asked) hint.querySelector("[data-effect]").replaceChildren(answer);
}

function drop({ source, location }) {
  const over = location.current.dropTargets[0];
  const target = over && place(over.data);
  const { ids } = source.data;
  [asked, hint.hidden] = ["", true];
  clearTimeout(timer);
  clear();
  if (!target || against(ids, target)) return;
  const { row, type, ...where } = target;
  moveAll(ids, where);
}
