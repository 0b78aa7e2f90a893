// The dashboard: going down into the cascade, and printing with every table open.
import { each } from "./parts.js";

document.addEventListener("htmx:load", event => {
  each(event.target, "[data-print]", button => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
  each(event.target, "[data-cascade]", section => section.addEventListener("chart:level", ({ detail }) => {
    go(section, detail.level);
  }));
});

// A block leads to its own picture, the one at the top to the picture above, the lowest to their goal's page.
function go(section, level) {
  const { cascade, root, up, goal } = section.dataset;
  const has = name => section.dataset[name].split(" ").includes(level);
  if (level === root) {
    if (root !== "all") show(section, cascade + up);
  } else if (has("inner")) show(section, `${cascade}&root=${level}`);
  else if (has("leaves")) location.assign(goal.replace("0", level));
}

function show(section, address) {
  window.htmx.ajax("GET", address, { target: section, swap: "outerHTML" });
}

addEventListener("beforeprint", () => document.querySelectorAll(".twin").forEach(twin => { twin.open = true; }));
