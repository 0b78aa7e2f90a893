// A new goal is written in a line below the goal it belongs to; Enter adds it and the next one can be typed.
import { redraw } from "./fresh.js";
import { focus, isEditable, put, rowAt, rowOf, setOpen, table, take } from "./grid.js";
import { open } from "./opening.js";
import { address, arrive, part, tree } from "./server.js";

export async function add(row) {
  if (row && !isEditable(row)) return;
  if (!table()) return;
  const url = row ? address(row.dataset.id, "add") : `/goals/add/?cycle=${tree.dataset.cycle}`;
  const answer = await part(url);
  const line = answer?.querySelector(".tg-add");
  if (!line) return;
  tree.querySelectorAll(".tg-add").forEach(take);
  if (row) await open(row);
  show(line, row);
  arrive(line);
  line.querySelector("[name=title]").focus();
  line.scrollIntoView({ block: "nearest" });
}

function show(line, row) {
  line.cells[0].colSpan = table().tHead.rows[0].cells.length;
  if (row) setOpen(row, true);
  put(line, row?.dataset.id ?? "");
  redraw();
}

function done(line) {
  const row = rowOf(line.dataset.addsBelow);
  take(line);
  redraw();
  focus(row ?? rowAt(0));
}

// The server answers with the next empty line: it belongs where the last one stood.
function arrived(line) {
  const id = line.dataset.addsBelow;
  if (tree.contains(line)) show(line, id === "0" ? null : rowOf(id));
}

export function adding() {
  tree.addEventListener("click", event => {
    const line = event.target.closest("[data-give-up]")?.closest(".tg-add");
    if (line) done(line);
  });
  tree.addEventListener("keydown", event => {
    const line = event.target.closest(".tg-add");
    if (line && event.key === "Escape" && !event.defaultPrevented) { event.stopPropagation(); done(line); }
  });
  tree.addEventListener("htmx:load", event => event.target.matches(".tg-add") && arrived(event.target));
  document.querySelector("[data-add-top]")?.addEventListener("click", event => {
    if (!table() || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    add(null);
  });
}
