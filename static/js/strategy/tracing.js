// Pointing at a goal or a link, or moving the focus there, shows all that leads to it and all it leads to.
import { graph, reached } from "./graph.js";

export function tracing(map) {
  const show = event => {
    if (map.classList.contains("is-drawing")) return;
    const goal = event.target.closest(".node-g")?.dataset.goal;
    const link = event.target.closest("[data-link]")?.dataset;
    if (goal || link) trace(map, link ? link.cause : goal, link ? link.effect : goal);
  };
  map.addEventListener("pointerover", show);
  map.addEventListener("focusin", show);
  for (const gone of ["pointerleave", "focusout"]) map.addEventListener(gone, () => clear(map));
  map.addEventListener("pointerout", event => event.target.closest(".node-g, [data-link]") && clear(map));
}

function trace(map, from, to) {
  const known = graph(map);
  const before = reached(known, from, false);
  const after = reached(known, to, true);
  if (before.size + after.size < 3) return clear(map);
  for (const [id, goal] of known.goals) goal.classList.toggle("is-traced", before.has(id) || after.has(id));
  map.querySelectorAll("[data-link]").forEach(part => {
    const { cause, effect } = part.dataset;
    const inside = (before.has(cause) && before.has(effect)) || (after.has(cause) && after.has(effect));
    part.classList.toggle("is-traced", inside || (cause === from && effect === to));
  });
  map.classList.add("is-tracing");
}

export function clear(map) {
  map.classList.remove("is-tracing");
  map.querySelectorAll(".is-traced").forEach(part => part.classList.remove("is-traced"));
}
