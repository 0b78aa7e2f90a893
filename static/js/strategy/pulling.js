// A link is drawn by pulling from the dot above a goal to another goal.
import { against, drawAddress, hint, say } from "./graph.js";
import { open } from "./beside.js";
import { clear } from "./tracing.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const RIM = 60; // pixels at the edge of the window within which the page moves on
const STEP = 14;

export function pulling(map) {
  if (!map.dataset.draw) return;
  map.addEventListener("pointerdown", event => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    event.preventDefault();
    begin(map, handle, event);
  });
  map.addEventListener("dragstart", event => event.preventDefault());
}

function begin(map, handle, event) {
  const from = handle.closest(".node-g");
  const line = document.createElementNS(NAMESPACE, "path");
  line.classList.add("pull");
  map.append(line);
  clear(map);
  map.classList.add("is-drawing");
  from.classList.add("is-from");
  handle.setPointerCapture(event.pointerId);
  const start = [Number(handle.getAttribute("cx")), Number(handle.getAttribute("cy"))];
  const ended = new AbortController();
  const listen = { signal: ended.signal };
  let aim = null;

  const moved = ({ clientX, clientY }) => {
    if (clientY > innerHeight - RIM) scrollBy(0, STEP);
    else if (clientY < RIM) scrollBy(0, -STEP);
    const end = new DOMPoint(clientX, clientY).matrixTransform(map.getScreenCTM().inverse());
    const bend = Math.max(24, Math.abs(end.y - start[1]) / 2);
    line.setAttribute("d", `M${start}C${start[0]} ${start[1] - bend} ${end.x} ${end.y + bend} ${end.x} ${end.y}`);
    aim = aimed(map, from, document.elementFromPoint(clientX, clientY));
    line.classList.toggle("is-refused", Boolean(aim?.why));
  };
  const stop = () => {
    ended.abort();
    line.remove();
    unaim(map);
    map.classList.remove("is-drawing");
    from.classList.remove("is-from");
  };
  handle.addEventListener("pointermove", moved, listen);
  handle.addEventListener("pointerup", () => {
    stop();
    if (!aim) hint("");
    else if (aim.why) hint(aim.why, true);
    else {
      hint("");
      open(drawAddress(map, from.dataset.goal, aim.goal));
    }
  }, listen);
  handle.addEventListener("pointercancel", () => { stop(); hint(""); }, listen);
  addEventListener("keydown", key => {
    if (key.key === "Escape") { stop(); hint(""); }
  }, listen);
}

export function unaim(map) {
  map.querySelectorAll(".is-target, .is-refused").forEach(goal => goal.classList.remove("is-target", "is-refused"));
}

// Marks the goal under the pointer and says what letting go would do; null where there is none.
export function aimed(map, from, element, name = "drop") {
  unaim(map);
  const goal = element?.closest?.(".node-g");
  if (!goal || goal === from) {
    hint("");
    return null;
  }
  const why = against(map, from.dataset.goal, goal.dataset.goal);
  goal.classList.add(why ? "is-refused" : "is-target");
  if (why) hint(why, true);
  else hint(name === "drop" ? say("drop", from.dataset.title, goal.dataset.title) : say(name, goal.dataset.title));
  return { goal: goal.dataset.goal, why };
}
