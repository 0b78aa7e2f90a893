// <input data-people="address">: suggests people for what is typed; what is chosen is text that means one person.
import { each } from "./parts.js";

const WAIT = 150;
let pickers = 0;

export function peoplePicker(part) {
  each(part, "input[data-people]", input => {
    const list = document.createElement("ul");
    list.className = "people-list";
    list.id = `people-${pickers += 1}`;
    list.role = "listbox";
    list.ariaLabel = input.dataset.listLabel ?? "People";
    list.hidden = true;
    input.after(list);
    input.role = "combobox";
    input.ariaAutoComplete = "list";
    input.setAttribute("aria-controls", list.id);
    show(input, list, false);
    let timer, typed;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        typed = input.value.trim();
        const answer = await fetch(`${input.dataset.people}?q=${encodeURIComponent(typed)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
        if (!answer?.ok || typed !== input.value.trim() || document.activeElement !== input) return;
        list.innerHTML = await answer.text();
        show(input, list, true);
      }, WAIT);
    });
    input.addEventListener("keydown", event => press(event, input, list));
    input.addEventListener("blur", () => show(input, list, false));
    list.addEventListener("pointerdown", event => {
      event.preventDefault(); // the focus stays in the field
      choose(input, list, event.target.closest("[data-value]"));
    });
  });
}

const options = list => [...list.querySelectorAll("[data-value]")];
const marked = list => list.querySelector("[aria-selected=true]");

function show(input, list, is) {
  list.hidden = !is;
  input.ariaExpanded = String(is);
  if (!is) { mark(input, list, null); }
}

function mark(input, list, option) {
  marked(list)?.removeAttribute("aria-selected");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function choose(input, list, option) {
  if (!option) return;
  input.value = option.dataset.value;
  show(input, list, false);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function press(event, input, list) {
  if (list.hidden) return;
  const all = options(list), at = all.indexOf(marked(list));
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps && all.length) {
    event.preventDefault();
    event.stopPropagation();
    mark(input, list, all[(at + steps[event.key] + all.length) % all.length]);
  } else if ((event.key === "Enter" || event.key === "Tab") && marked(list)) {
    if (event.key === "Enter") event.preventDefault();
    choose(input, list, marked(list));
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    show(input, list, false);
  }
}

document.addEventListener("htmx:load", event => peoplePicker(event.target));
