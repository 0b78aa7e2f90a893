// <form data-mentions="address">: while @ and letters are typed in its textarea, suggests people; the chosen name is written.
import { each } from "./parts.js";

const WAIT = 150;
const TYPED = /(?:^|[^\p{L}\p{N}_@.])@([\p{L}\p{N}_.'-]*(?: [\p{L}\p{N}_.'-]*)?)$/u;
let lists = 0;

function mentions(form) {
  const text = form.querySelector("textarea");
  const list = document.createElement("ul");
  list.className = "people-list";
  list.id = `mentions-${lists += 1}`;
  list.role = "listbox";
  list.ariaLabel = form.dataset.mentionsLabel;
  list.hidden = true;
  text.after(list);
  text.ariaAutoComplete = "list";
  let timer;
  const typed = () => TYPED.exec(text.value.slice(0, text.selectionStart))?.[1];
  const options = () => [...list.querySelectorAll("[data-value]")];
  const marked = () => list.querySelector("[aria-selected=true]");

  function mark(option) {
    marked()?.removeAttribute("aria-selected");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) text.setAttribute("aria-activedescendant", option.id);
    else text.removeAttribute("aria-activedescendant");
  }

  function show(is) {
    list.hidden = !is;
    if (is) text.setAttribute("aria-controls", list.id);
    else text.removeAttribute("aria-controls");
    mark(is ? options()[0] : null);
  }

  function choose(option) {
    const end = text.selectionStart, begin = end - typed().length;
    text.setRangeText(`${option.dataset.value} `, begin, end, "end");
    show(false);
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    const asked = typed();
    if (asked === undefined) return show(false);
    timer = setTimeout(async () => {
      const address = `${form.dataset.mentions}?q=${encodeURIComponent(asked)}`;
      const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer?.ok || typed() !== asked || document.activeElement !== text) return;
      list.innerHTML = await answer.text();
      show(options().length > 0);
    }, WAIT);
  });
  text.addEventListener("keydown", event => {
    if (list.hidden) return;
    const all = options(), at = all.indexOf(marked());
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) mark(all[(at + steps[event.key] + all.length) % all.length]);
    else if (event.key === "Enter" || event.key === "Tab") choose(marked());
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  text.addEventListener("blur", () => show(false));
  list.addEventListener("pointerdown", event => {
    event.preventDefault(); // the focus stays in the text
    const option = event.target.closest("[data-value]");
    if (option) choose(option);
  });
}

document.addEventListener("htmx:load", event => each(event.target, "[data-mentions]", mentions));
