// The keys of the tree (WAI-ARIA treegrid, rows first).
import { add } from "./adding.js";
import { askWhere, showKeys } from "./asking.js";
import { edit } from "./cells.js";
import { search } from "./filters.js";
import { count, firstInside, focus, indexOf, isEditable, isGoal, isOpen, parentOf, rowAt } from "./grid.js";
import { openMenu } from "./menu.js";
import { moveByKey } from "./moving.js";
import { close, open, openBeside } from "./opening.js";
import { show } from "./panel.js";
import { clear, extend, hasSelection, isSelected, moveSelected, select, selectAll } from "./selection.js";
import { isDraft, tree } from "./server.js";
import { undo } from "./undoing.js";

const step = by => row => {
  let next = rowAt(indexOf(row) + by);
  if (next.matches(".tg-add")) next = rowAt(indexOf(next) + Math.sign(by));
  focus(next);
};

const KEYS = {
  ArrowDown: step(1),
  ArrowUp: step(-1),
  PageDown: step(10),
  PageUp: step(-10),
  Home: () => focus(rowAt(0)),
  End: () => focus(rowAt(count() - 1)),
  ArrowRight: row => (isOpen(row) ? focus(firstInside(row)) : open(row)),
  ArrowLeft: row => (isOpen(row) ? close(row) : focus(parentOf(row))),
  Enter: row => isGoal(row) && show(row, true),
  " ": row => select(row),
  "*": row => isGoal(row) && openBeside(row),
  F2: row => edit(row, "title"),
  a: row => isGoal(row) && add(row),
  Insert: row => isGoal(row) && add(row),
  m: row => (isSelected(row) ? moveSelected() : isGoal(row) && isEditable(row) && askWhere(row)),
  ContextMenu: row => isGoal(row) && openMenu(row),
};

const WRITE = ["F2", "a", "Insert"];
const RANGE = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

const isTyping = target => target.closest("input, textarea, select, .cell-form, .tg-add, dialog, [popover]");

export function keys() {
  tree.addEventListener("keydown", event => {
    const row = event.target.closest(".treegrid tbody > [role=row]");
    if (!row || isTyping(event.target)) return;
    if (event.altKey && event.key.startsWith("Arrow")) {
      event.preventDefault();
      moveByKey(row, event.key);
      return;
    }
    if (event.shiftKey && event.key in RANGE) { event.preventDefault(); extend(row, RANGE[event.key]); return; }
    if ((event.ctrlKey || event.metaKey) && event.key === "a") { event.preventDefault(); selectAll(); return; }
    const key = event.shiftKey && event.key === "F10" ? "ContextMenu" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in KEYS) || event.target.closest("a, button")) return;
    event.preventDefault();
    if (isDraft() && WRITE.includes(key)) return;
    KEYS[key](row);
  });
  document.addEventListener("keydown", event => {
    if (isTyping(event.target) || event.altKey) return;
    if (event.key === "Escape" && hasSelection() && !event.defaultPrevented) { event.preventDefault(); clear(); }
    if (event.key === "/" && search()) { event.preventDefault(); search().select(); search().focus(); }
    if (event.key === "?") { event.preventDefault(); showKeys(); }
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); undo(); }
  });
}
