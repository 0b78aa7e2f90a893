// Rows of KPIs that a KPI is taken from: one more, one less; and a field that puts a KPI's key into a formula.
import { each } from "./parts.js";
import { peoplePicker } from "./people_picker.js";

function row(part) {
  each(part, "[data-remove-link]", button => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const all = button.closest("[data-links]"), near = button.closest(".link-row");
      const next = near.nextElementSibling ?? near.previousElementSibling;
      if (next) { near.remove(); next.querySelector("input").focus(); }
      else near.querySelectorAll("input").forEach(input => { input.value = ""; });
      all.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });
}

function links(part) {
  row(part);
  each(part, "[data-add-link]", button => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const form = button.closest("form");
      const made = form.querySelector("[data-link-row]").content.firstElementChild.cloneNode(true);
      form.querySelector("[data-links]").append(made);
      row(made);
      peoplePicker(made);
      made.querySelector("input").focus();
    });
  });
  each(part, "[data-insert]", input => {
    input.closest(".field").hidden = false;
    input.addEventListener("change", () => {
      const key = /\[([a-z][a-z0-9_]*)\]\s*$/.exec(input.value)?.[1];
      if (!key) return;
      const into = input.form.elements[input.dataset.insert];
      into.setRangeText(key, into.selectionStart, into.selectionEnd, "end");
      input.value = "";
      into.focus();
      into.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
}

document.addEventListener("htmx:load", event => links(event.target));
