// What is looked for stands in the address, without the fields that say nothing.
import { begin } from "./fresh.js";
import { focus, rowAt } from "./grid.js";
import { tree } from "./server.js";
import { watch } from "./waiting.js";

export const search = () => form?.elements.q;
const form = document.querySelector("[data-filters]");
const KEPT = ["open", "cycle", "columns", "sort", "view"];

const wanted = () => [...new FormData(form)].filter(([name, value]) => value && !KEPT.includes(name));

function clearing() {
  const said = new URLSearchParams({ cycle: tree.dataset.cycle });
  const shown = columns();
  if (shown !== null) said.set("columns", shown);
  for (const name of ["open", "sort"]) if (form.elements[name].value) said.set(name, form.elements[name].value);
  return said;
}

// The columns as an address names them; null: the usual ones.
function columns() {
  const boxes = [...form.elements.columns].filter(box => box.type === "checkbox");
  const usual = boxes.every(box => box.checked === ("usual" in box.dataset));
  return usual ? null : boxes.filter(box => box.checked).map(box => box.value).join();
}

export function filters() {
  form.addEventListener("htmx:configRequest", event => {
    const said = event.detail.formData ?? event.detail.parameters;
    for (const [name, value] of [...new FormData(form)]) if (!value) said.delete(name);
    said.delete("columns");
    const shown = columns();
    if (shown !== null) said.set("columns", shown);
    form.querySelectorAll("[name=sort]").forEach(field => field.value && said.set("sort", field.value));
  });
  form.addEventListener("submit", event => event.preventDefault());
  [...form.elements.columns].forEach(box => box.addEventListener("change", () => form.elements.sort.dispatchEvent(new Event("change", { bubbles: true }))));
  document.addEventListener("htmx:afterSwap", event => {
    if (event.target.id !== "tree") return;
    tree.dataset.filtered = String(wanted().length > 0);
    form.querySelectorAll("label.chip").forEach(chip => {
      const field = chip.querySelector("select, input");
      chip.toggleAttribute("data-on", field.name !== "cycle" && (field.type === "checkbox" ? field.checked : Boolean(field.value)));
    });
    const clear = form.querySelector("[data-clear]");
    clear.hidden = tree.dataset.filtered === "false";
    clear.href = `?${clearing()}`;
    begin();
    watch();
  });
  form.elements.q.addEventListener("keydown", event => {
    if (event.key === "ArrowDown") { event.preventDefault(); focus(rowAt(0)); }
  });
  tree.addEventListener("click", event => {
    const link = event.target.closest("a[data-sort]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    form.elements.sort.value = link.dataset.sort;
    form.elements.sort.dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.elements.cycle?.addEventListener("change", event => {
    event.stopPropagation();
    location.assign(`?cycle=${event.target.value}`);
  });
}
