// The map by keyboard: arrows go to the next goal, L links the goal to another one that is chosen by arrows or by its
// title; Enter opens what is focused, or draws the link.
import { drawAddress, hint, say } from "./graph.js";
import { aimed, unaim } from "./pulling.js";
import { open } from "./beside.js";
import { clear } from "./tracing.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAUSE = 900;

export function keys(map) {
  let from = null;
  let typed = "";
  let timer = 0;
  let aim = null;
  const goals = () => [...map.querySelectorAll(".node-g")];
  const here = () => document.activeElement?.closest?.(".node-g");

  const end = text => {
    from?.classList.remove("is-from");
    from = null;
    unaim(map);
    map.classList.remove("is-drawing");
    hint(text);
  };
  const begin = goal => {
    from = goal;
    aim = null;
    clear(map);
    map.classList.add("is-drawing");
    goal.classList.add("is-from");
    hint(say("choose", goal.dataset.title));
  };
  const go = goal => {
    goal.querySelector(".node").focus();
    if (from) aim = aimed(map, from, goal, "chosen");
  };
  const type = letter => {
    clearTimeout(timer);
    timer = setTimeout(() => { typed = ""; }, PAUSE);
    typed += letter.toLocaleLowerCase();
    const others = goals().filter(goal => goal !== from);
    const found = others.find(goal => goal.dataset.title.toLocaleLowerCase().startsWith(typed))
      ?? others.find(goal => goal.dataset.title.toLocaleLowerCase().includes(typed));
    if (found) go(found);
    else hint(say("nothing", typed), true);
  };

  map.addEventListener("keydown", event => {
    const goal = here();
    if (!goal || event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) {
      event.preventDefault();
      const next = nearest(goal, goals(), ARROWS[event.key]);
      if (next) go(next);
    } else if (from && event.key === "Enter") {
      event.preventDefault();
      if (!aim || aim.why) return;
      const address = drawAddress(map, from.dataset.goal, aim.goal);
      end("");
      open(address);
    } else if (from && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      from.querySelector(".node").focus();
      end(say("ended"));
    } else if (!from && event.key.toLowerCase() === "l" && map.dataset.draw) {
      event.preventDefault();
      begin(goal);
    } else if (from && event.key.length === 1) {
      event.preventDefault();
      type(event.key);
    }
  });
  map.addEventListener("focusout", event => {
    if (from && !map.contains(event.relatedTarget)) end("");
  });
}

// The goal that lies nearest in a direction, seen from the middle of another one.
function nearest(goal, goals, [dx, dy]) {
  const middle = each => {
    const box = each.querySelector(".node-box").getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middle(goal);
  let best = null;
  let least = Infinity;
  for (const other of goals) {
    if (other === goal) continue;
    const [ox, oy] = middle(other);
    const along = (ox - x) * dx + (oy - y) * dy;
    const across = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (along <= 1 || (dx && across > 1)) continue;
    const far = along + across * 2;
    if (far < least) [best, least] = [other, far];
  }
  return best;
}
