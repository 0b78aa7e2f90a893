// While a roll-up is to come, its figures are asked for until they are there.
import { refresh } from "./fresh.js";
import { table } from "./grid.js";
import { tree } from "./server.js";

const STEPS = [600, 1000, 1500, 2000, 3000, 5000]; // ms between questions; the last one again and again
const MOST = 40;
let timer, asked = 0;

export function watch() {
  clearTimeout(timer);
  const waits = table()?.dataset.pending === "true";
  document.querySelector("[data-waiting]").hidden = !waits;
  if (!waits) asked = 0;
  if (waits && asked < MOST) timer = setTimeout(ask, STEPS[Math.min(asked, STEPS.length - 1)]);
}

// A change was just sent: its roll-up is to come even if the page does not know of it yet.
export function expect() {
  asked = 0;
  if (table()) table().dataset.pending = "true";
  watch();
}

async function ask() {
  asked += 1;
  await refresh({ since: table()?.dataset.since || "1970-01-01T00:00:00Z", quiet: true });
  tree.dispatchEvent(new CustomEvent("goals:figures"));
  watch();
}
