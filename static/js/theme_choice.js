// Light, dark or as the system says; kept in this browser.
import { each } from "./parts.js";

const KEY = "cascade-theme";

export function themeChoice(part) {
  each(part, "[data-theme-choice]", group => {
    const buttons = [...group.querySelectorAll("button")];
    const mark = () => buttons.forEach(button => {
      button.setAttribute("aria-pressed", button.value === (document.documentElement.dataset.theme ?? ""));
    });
    buttons.forEach(button => button.addEventListener("click", () => { choose(button.value); mark(); }));
    group.inert = false;
    mark();
  });
}

function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch { /* storage may be off: the choice holds for this page */ }
}
