// Title, owner and weight are edited where they stand.
import { focus, isEditable } from "./grid.js";
import { refresh } from "./fresh.js";
import { address, arrive, part, tree } from "./server.js";

const ORDER = ["title", "owner", "weight"];
const CELLS = { title: ".tg-goal", owner: ".tg-owner", weight: ".tg-weight" };

export async function edit(row, name) {
  const cell = row.querySelector(CELLS[name]) ?? row.querySelector(CELLS.title); // its column may not be shown
  if (!isEditable(row) || cell.querySelector("form")) return;
  const answer = await part(address(row.dataset.id, `cell/${name}`));
  const form = answer?.querySelector("form");
  if (!form) return;
  tree.querySelectorAll(".cell-form").forEach(other => isTouched(other) || other.remove());
  cell.append(form);
  arrive(form);
  const field = form.elements[name];
  field.focus();
  field.select();
  share(form);
}

const isTouched = form => form.elements[form.dataset.cell].value !== form.elements[form.dataset.cell].defaultValue;

export function giveUp(form) {
  const row = form.closest("[role=row]");
  form.remove();
  focus(row);
  if (form.querySelector(".cell-conflict")) refresh({ goals: [row.dataset.id] });
}

// Tab saves and goes on to the next cell that can be edited.
async function next(form, step) {
  const row = form.closest("[role=row]");
  const order = ORDER.filter(name => row.querySelector(name === "weight" ? "[data-edit=weight]" : CELLS[name]));
  const name = order[order.indexOf(form.dataset.cell) + step];
  if (isTouched(form)) {
    await htmx.ajax("POST", form.action, { source: form, target: form, swap: "outerHTML", values: Object.fromEntries(new FormData(form)) });
    if (row.querySelector(".cell-form")) return; // refused: it stays, with the reason
  } else {
    form.remove();
  }
  if (name) edit(row, name);
  else focus(row);
}

// What a weight comes to among the others, while it is typed.
function share(form) {
  const note = form.querySelector("output");
  if (!note || !form.dataset.others) return;
  const weight = Number(form.elements.weight.value.trim().replace(",", "."));
  const whole = weight + Number(form.dataset.others);
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  note.value = weight >= 0 && whole > 0 ? form.dataset.words.replace("{share}", percent.format(weight / whole)) : "";
}

export function cells() {
  tree.addEventListener("click", event => {
    const link = event.target.closest("[data-edit]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      edit(link.closest("[role=row]"), link.dataset.edit);
    }
    const form = event.target.closest("[data-give-up]")?.closest(".cell-form");
    if (form) giveUp(form);
  });
  tree.addEventListener("dblclick", event => {
    const cell = event.target.closest("td");
    const name = ORDER.find(each => cell?.matches(CELLS[each]));
    if (name && !event.target.closest("form, .tg-twist")) edit(cell.closest("[role=row]"), name);
  });
  tree.addEventListener("keydown", event => {
    const form = event.target.closest(".cell-form");
    if (!form || event.defaultPrevented) return;
    if (event.key === "Escape") { event.stopPropagation(); giveUp(form); }
    if (event.key === "Tab" && event.target.name === form.dataset.cell && !form.querySelector(".cell-conflict")) {
      event.preventDefault();
      next(form, event.shiftKey ? -1 : 1);
    }
  });
  tree.addEventListener("input", event => {
    const form = event.target.closest(".cell-form");
    if (form) share(form);
  });
  tree.addEventListener("focusout", event => {
    const form = event.target.closest(".cell-form");
    if (form && event.relatedTarget && !form.contains(event.relatedTarget) && !isTouched(form)) form.remove();
  });
}
