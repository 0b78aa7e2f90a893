// A new goal is written in a line below the goal it belongs to; Enter adds it and the next one can be typed.
import { focus, inside, isEditable, level, restore, rowOf, rows, table } from "./grid.js";
import { open } from "./opening.js";
import { address, arrive, part, tree } from "./server.js";

export async function add(row) {
  if (row && !isEditable(row)) return;
  if (!table()) return;
  const url = row ? address(row.dataset.id, "add") : `/goals/add/?cycle=${tree.dataset.cycle}`;
  const answer = await part(url);
  const line = answer?.querySelector(".tg-add");
  if (!line) return;
  tree.querySelector(".tg-add")?.remove();
  if (row?.getAttribute("aria-expanded") === "false") await open(row);
  put(line, row);
  arrive(line);
  line.querySelector("[name=title]").focus();
  line.scrollIntoView({ block: "nearest" });
}

function put(line, row) {
  line.setAttribute("aria-level", row ? level(row) + 1 : 1);
  const last = row ? inside(row).at(-1) ?? row : rows().at(-1);
  last.after(line);
}

function done(line) {
  const row = rowOf(line.dataset.addsBelow);
  line.remove();
  restore();
  focus(row ?? rows()[0]);
}

// The server answers with the next empty line: it belongs where the last one stood.
function arrived(line) {
  const row = rowOf(line.dataset.addsBelow);
  if (row) {
    if (!row.hasAttribute("aria-expanded")) row.setAttribute("aria-expanded", "true");
    line.setAttribute("aria-level", level(row) + 1);
  }
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
