// The links of a drawn map: what leads where, and whether two goals may be linked.

export function graph(map) {
  const links = [...map.querySelectorAll(".arrow")].map(arrow => [arrow.dataset.cause, arrow.dataset.effect]);
  const goals = new Map([...map.querySelectorAll(".node-g")].map(goal => [goal.dataset.goal, goal]));
  return { links, goals };
}

// All goals that a goal leads to (forward) or that lead to it.
export function reached({ links }, start, forward) {
  const found = new Set([start]);
  let more = true;
  while (more) {
    more = false;
    for (const [cause, effect] of links) {
      const [here, there] = forward ? [cause, effect] : [effect, cause];
      if (found.has(here) && !found.has(there)) {
        found.add(there);
        more = true;
      }
    }
  }
  return found;
}

function way({ links }, start, end) {
  const from = new Map([[start, null]]);
  const waiting = [start];
  while (waiting.length && !from.has(end)) {
    const here = waiting.shift();
    for (const [cause, effect] of links) {
      if (cause === here && !from.has(effect)) {
        from.set(effect, here);
        waiting.push(effect);
      }
    }
  }
  if (!from.has(end)) return null;
  const found = [];
  for (let here = end; here !== null; here = from.get(here)) found.unshift(here);
  return found;
}

const words = () => JSON.parse(document.getElementById("map-words").textContent);

export function say(name, ...parts) {
  return parts.reduce((text, part) => text.replace("%s", () => part), words()[name]);
}

// Why a link may not be drawn, in a sentence; nothing when it may.
export function against(map, cause, effect) {
  const known = graph(map);
  const title = goal => `“${known.goals.get(goal).dataset.title}”`;
  if (cause === effect) return say("self");
  if (known.links.some(([a, b]) => a === cause && b === effect)) return say("linked");
  const back = way(known, effect, cause);
  if (back) return say("circle", [cause, ...back].map(title).join(" → "));
  const may = goal => known.goals.get(goal).hasAttribute("data-may");
  return may(cause) || may(effect) ? "" : say("rights");
}

export function drawAddress(map, cause, effect) {
  return `${map.dataset.draw}&cause=${cause}&effect=${effect}`;
}

// One sentence under the map while a link is drawn; also for screen readers.
export function hint(text, refused = false) {
  const shown = document.getElementById("map-hint");
  shown.textContent = text;
  shown.hidden = !text;
  shown.classList.toggle("is-refused", refused);
  document.getElementById("map-say").textContent = text;
}
