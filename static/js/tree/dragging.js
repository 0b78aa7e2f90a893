// Goals are moved by the handle at their row's start: onto a row, or between two. What would follow is told before.
import { inside, isEditable, isGoal, isOpen, level, parentOf, rowOf, rows } from "./grid.js";
import { open } from "./opening.js";
import { move } from "./moving.js";
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
  new MutationObserver(attach).observe(tree, { childList: true, subtree: true });
  attach();
}

function attach() {
  rows().filter(row => isGoal(row) && !row.dataset.drops).forEach(row => {
    row.dataset.drops = "";
    const grip = row.querySelector(".tg-grip");
    if (grip) {
      library.draggable({
        element: row,
        dragHandle: grip,
        getInitialData: () => ({ id: row.dataset.id }),
        onDragStart: () => row.classList.add("is-dragging"),
        onDrop: () => row.classList.remove("is-dragging"),
      });
    }
    library.dropTargetForElements({
      element: row,
      getData: ({ input, element }) => library.attachInstruction({ id: row.dataset.id }, {
        input, element, currentLevel: level(row) - 1, indentPerLevel: STEP, mode: isOpen(row) ? "expanded" : "standard", block: [],
      }),
      canDrop: ({ source }) => source.data.id !== row.dataset.id,
    });
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
    "reorder-below": isOpen(row) ? { parent: data.id, before: row.nextElementSibling?.dataset.id ?? "" } : { parent, after: data.id },
  };
  return places[instruction.type] && { ...places[instruction.type], row, type: instruction.type };
}

// What the page can tell by itself; the server decides.
function against(dragged, target) {
  const parent = rowOf(target.parent);
  if (!parent) return "";
  if (parent === dragged || inside(dragged).includes(parent)) return tree.dataset.wordsCycle;
  if (Number(dragged.dataset.rank) < Number(parent.dataset.rank)) return tree.dataset.wordsLevel;
  return isEditable(parent) || parent === parentOf(dragged) ? "" : tree.dataset.wordsParent;
}

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
  const dragged = rowOf(source.data.id);
  const why = against(dragged, target);
  const classes = { "make-child": "drop-into", "reorder-above": "drop-before", "reorder-below": "drop-after" };
  if (!why) target.row.classList.add(classes[target.type]);
  tell(target, why);
  if (why) return;
  if (target.type === "make-child") opening = setTimeout(() => open(target.row), HOVERED);
  timer = setTimeout(() => effect(source.data.id, target, key), WAIT);
}

function tell(target, why) {
  const { wordsBelow, wordsBefore, wordsAfter } = tree.dataset;
  const words = { "make-child": wordsBelow, "reorder-above": wordsBefore, "reorder-below": wordsAfter };
  const title = target.row.querySelector(".tg-title").textContent;
  hint.hidden = false;
  hint.classList.toggle("is-refused", Boolean(why));
  hint.querySelector("[data-where]").textContent = why || `${words[target.type]} “${title}”`;
  hint.querySelector("[data-effect]").replaceChildren();
}

async function effect(id, target, key) {
  const query = new URLSearchParams({ parent: target.parent });
  const answer = await part(`${address(id, "move/preview")}?${query}`, { quiet: true });
  if (answer && key === asked) hint.querySelector("[data-effect]").replaceChildren(answer);
}

function drop({ source, location }) {
  const over = location.current.dropTargets[0];
  const target = over && place(over.data);
  const dragged = rowOf(source.data.id);
  [asked, hint.hidden] = ["", true];
  clearTimeout(timer);
  clear();
  if (!target || !dragged || against(dragged, target)) return;
  const { row, type, ...where } = target;
  move(dragged, where);
}
