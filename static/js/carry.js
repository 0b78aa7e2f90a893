// Choosing goals in a tree of boxes: a goal takes along what stands below it; arrow keys move from box to box.
import { each } from "./parts.js";

function chooser(form) {
  const boxes = [...form.querySelectorAll("input[name=goal]")];
  const depth = (box) => Number(box.closest("li").dataset.depth);
  const count = form.querySelector("[data-carry-count]");

  function tell() {
    const chosen = boxes.filter((box) => box.checked && !box.disabled).length;
    count.textContent = chosen === 1 ? count.dataset.one : count.dataset.many.replace("#", chosen);
  }

  function below(box) {
    const after = boxes.slice(boxes.indexOf(box) + 1);
    const end = after.findIndex((other) => depth(other) <= depth(box));
    return end === -1 ? after : after.slice(0, end);
  }

  function all(checked) {
    boxes.filter((box) => !box.disabled).forEach((box) => { box.checked = checked; });
    tell();
  }

  form.addEventListener("change", (event) => {
    if (boxes.includes(event.target)) {
      below(event.target).filter((box) => !box.disabled).forEach((box) => { box.checked = event.target.checked; });
      tell();
    }
    if (event.target.name === "into") window.location.search = `?into=${event.target.value}`;
  });
  form.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !boxes.includes(event.target)) return;
    event.preventDefault();
    const open = boxes.filter((box) => !box.disabled);
    open[open.indexOf(event.target) + step]?.focus();
  });
  for (const [name, checked] of [["all", true], ["none", false]]) {
    const button = form.querySelector(`[data-carry-${name}]`);
    button.hidden = false;
    button.addEventListener("click", () => all(checked));
  }
  tell();
}

each(document.body, "[data-carry]", chooser);
