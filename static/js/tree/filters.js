// What is looked for stands in the address, without the fields that say nothing.
import { focus, restore, rows } from "./grid.js";
import { tree } from "./server.js";
import { watch } from "./waiting.js";

export const search = () => form?.elements.q;
const form = document.querySelector("[data-filters]");
const KEPT = ["open", "cycle"];

const wanted = () => [...new FormData(form)].filter(([name, value]) => value && !KEPT.includes(name));

export function filters() {
  form.addEventListener("htmx:configRequest", event => {
    const said = event.detail.formData ?? event.detail.parameters;
    for (const [name, value] of [...new FormData(form)]) if (!value) said.delete?.(name);
  });
  form.addEventListener("submit", event => event.preventDefault());
  document.addEventListener("htmx:afterSwap", event => {
    if (event.target.id !== "tree") return;
    tree.dataset.filtered = String(wanted().length > 0);
    form.querySelectorAll(".chip").forEach(chip => {
      const field = chip.querySelector("select, input");
      chip.toggleAttribute("data-on", field.name !== "cycle" && (field.type === "checkbox" ? field.checked : Boolean(field.value)));
    });
    const clear = form.querySelector("[data-clear]");
    clear.hidden = tree.dataset.filtered === "false";
    clear.href = `?${new URLSearchParams(KEPT.map(name => [name, form.elements[name]?.value ?? tree.dataset.cycle]))}`;
    restore();
    watch();
  });
  form.elements.q.addEventListener("keydown", event => {
    if (event.key === "ArrowDown") { event.preventDefault(); focus(rows()[0]); }
  });
  form.elements.cycle?.addEventListener("change", event => {
    event.stopPropagation();
    location.assign(`?cycle=${event.target.value}`);
  });
}
