// The line of sight: the slider tells its number while it moves, and the goal chosen is marked.
import { each } from "./parts.js";

document.addEventListener("htmx:load", event => {
  each(event.target, "[data-try]", slider => slider.addEventListener("input", () => tell(slider)));
  each(event.target, "[data-choose]", link => link.addEventListener("click", () => choose(link)));
  each(event.target, "[data-saved]", goOn);
});

// With the decimals of the step, so the words beside the slider do not jump.
function tell(slider) {
  const decimals = (slider.step.split(".")[1] ?? "").length;
  const number = Number(slider.value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: decimals }).replace("-", "−");
  const said = number + slider.dataset.suffix;
  slider.form.querySelector("[data-try-output]").textContent = said;
  slider.setAttribute("aria-valuetext", said);
}

function choose(link) {
  document.querySelectorAll("[data-goal][aria-current]").forEach(goal => goal.removeAttribute("aria-current"));
  link.closest("[data-goal]").setAttribute("aria-current", "true");
}

// After a value is saved the next one can be typed; after the last one what was saved is read.
function goOn(saved) {
  const next = saved.closest(".checkins")?.querySelector(".checkin-form .input");
  (next ?? saved).focus();
}
