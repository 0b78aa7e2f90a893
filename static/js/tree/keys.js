// The keys of the tree (WAI-ARIA treegrid, rows first).
import { add } from "./adding.js";
import { askWhere, showKeys } from "./asking.js";
import { edit } from "./cells.js";
import { search } from "./filters.js";
import { focus, inside, isEditable, isGoal, isOpen, parentOf, rows } from "./grid.js";
import { openMenu } from "./menu.js";
import { moveByKey } from "./moving.js";
import { close, more, open } from "./opening.js";
import { show } from "./panel.js";
import { isDraft, tree } from "./server.js";
import { undo } from "./undoing.js";

const step = by => row => { const all = rows(); focus(all[all.indexOf(row) + by]); };

const KEYS = {
  ArrowDown: step(1),
  ArrowUp: step(-1),
  PageDown: step(10),
  PageUp: step(-10),
  Home: () => focus(rows()[0]),
  End: () => focus(rows().at(-1)),
  ArrowRight: row => (isOpen(row) ? focus(inside(row)[0]) : open(row)),
  ArrowLeft: row => (isOpen(row) ? close(row) : focus(parentOf(row))),
  Enter: row => (isGoal(row) ? show(row, true) : follow(row)),
  F2: row => edit(row, "title"),
  a: row => isGoal(row) && add(row),
  Insert: row => isGoal(row) && add(row),
  m: row => isGoal(row) && isEditable(row) && askWhere(row),
  ContextMenu: row => isGoal(row) && openMenu(row),
};

const WRITE = ["F2", "a", "Insert"];

function follow(row) {
  if (row.matches(".tg-rest") && row.querySelector("a").dataset.more !== undefined) more(row);
  else row.querySelector("a")?.click();
}

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
    const key = event.shiftKey && event.key === "F10" ? "ContextMenu" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in KEYS) || event.target.closest("a, button")) return;
    event.preventDefault();
    if (isDraft() && WRITE.includes(key)) return;
    KEYS[key](row);
  });
  document.addEventListener("keydown", event => {
    if (isTyping(event.target) || event.altKey) return;
    if (event.key === "/" && search()) { event.preventDefault(); search().select(); search().focus(); }
    if (event.key === "?") { event.preventDefault(); showKeys(); }
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); undo(); }
  });
  tree.addEventListener("click", event => {
    const link = event.target.closest("a[data-more]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    more(link.closest("[role=row]"));
  });
}
