// The strategy map: what stands beside it, tracing, drawing links, saving the picture, printing.
import { each } from "../parts.js";
import { beside } from "./beside.js";
import { tracing } from "./tracing.js";
import { pulling } from "./pulling.js";
import { keys } from "./keys.js";
import { saving } from "./saving.js";

document.addEventListener("htmx:load", event => {
  const part = event.target;
  each(part, "[data-map]", map => {
    tracing(map);
    pulling(map);
    keys(map);
  });
  saving(part);
  each(part, "[data-print]", button => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
  each(part, "[data-map-filters]", form => form.addEventListener("change", () => form.requestSubmit()));
});
beside();
