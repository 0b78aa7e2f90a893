// <form data-once>: a second click while the first is on its way sends nothing.
import { each } from "./parts.js";

export function once(part) {
  each(part, "form[data-once]", form => {
    let sent = false;
    form.addEventListener("submit", event => {
      if (sent) event.preventDefault();
      sent = true;
    });
    addEventListener("pageshow", () => { sent = false; });
  });
}
