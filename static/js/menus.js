// <details data-menu>: closes with Escape, with a click elsewhere, and when the focus leaves.
import { each } from "./parts.js";

export function menus(part) {
  each(part, "[data-menu]", menu => {
    menu.addEventListener("keydown", event => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("focusout", event => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
  });
}

document.addEventListener("click", event => {
  document.querySelectorAll("[data-menu][open]").forEach(menu => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
