// <button data-fill='{"target": "9.5"}'>: writes values into the form's fields, as if they had been typed.
import { each } from "./parts.js";

export function filling(part) {
  each(part, "[data-fill]", button => button.addEventListener("click", event => {
    event.preventDefault();
    const form = button.closest("form") ?? document.querySelector(button.dataset.form);
    const fields = Object.entries(JSON.parse(button.dataset.fill)).map(([name, value]) => [form.elements[name], value]).filter(([field]) => field);
    for (const [field, value] of fields) {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    fields[0]?.[0].focus();
  }));
}

document.addEventListener("htmx:load", event => filling(event.target));
