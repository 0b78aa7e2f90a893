// Opening and closing rows; what is open is remembered, and stands in the address while it is short.
import { begin, redraw, refresh } from "./fresh.js";
import { childrenOf, current, focus, hasInside, isGoal, isInside, isOpen, node, opened, parentOf, rowOf, setOpen } from "./grid.js";
import { arrive, part, token, tree } from "./server.js";
import { watch } from "./waiting.js";

const MOST_IN_ADDRESS = 60;
const MOST_SENT = 60_000; // letters that a browser sends while the page is left

export async function open(row) {
  if (!isGoal(row) || isOpen(row) || !hasInside(row)) return;
  setOpen(row, true);
  if (node(row).children) {
    redraw();
  } else {
    row.setAttribute("aria-busy", "true");
    const came = await refresh({ below: [row.dataset.id] });
    row.removeAttribute("aria-busy");
    if (!came) setOpen(row, false);
  }
  remember();
}

export function close(row) {
  if (!isOpen(row)) return;
  if (current() && isInside(row, current())) focus(row);
  setOpen(row, false);
  redraw();
  remember();
}

export const toggle = row => (isOpen(row) ? close(row) : open(row));

// Every goal beside a row.
export async function openBeside(row) {
  const closed = childrenOf(node(row).parent).filter(each => hasInside(each) && !isOpen(each));
  closed.forEach(each => setOpen(each, true));
  const unknown = closed.filter(each => !node(each).children);
  if (unknown.length) await refresh({ below: unknown.map(each => each.dataset.id) });
  else redraw();
  remember();
}

// Opens what leads to a goal, as far as it is known.
export function reveal(id) {
  for (let above = rowOf(id) && parentOf(rowOf(id)); above; above = parentOf(above)) setOpen(above, true);
  redraw();
}

// The whole tree anew, with these goals open; else with those that are open now.
export async function reread(opens) {
  const url = new URL(location);
  url.searchParams.delete("skip");
  if (opens !== undefined) url.searchParams.set("open", opens);
  const answer = await part(url.href);
  const fresh = answer?.querySelector("#tree");
  if (!fresh) return;
  document.getElementById("tree").replaceWith(fresh);
  arrive(fresh);
  begin();
  remember();
  watch();
}

let kept = null;

export function remember() {
  if (tree.dataset.filtered === "true") return;
  const ids = opened().join();
  if (ids === kept) return;
  kept = ids;
  const short = opened().length <= MOST_IN_ADDRESS;
  const url = new URL(location);
  url.searchParams.delete("skip");
  if (short) url.searchParams.set("open", ids);
  else url.searchParams.delete("open");
  const field = document.querySelector("[data-filters] [name=open]");
  if (field) Object.assign(field, { value: short ? ids : "", disabled: !short });
  show(url);
  keep(ids);
}

let isSending = false, waiting = null;

// One after the other, so that the last one counts.
async function keep(ids) {
  if (!tree.dataset.keepOpen) return;
  waiting = ids;
  if (isSending) return;
  isSending = true;
  while (waiting !== null) await send();
  isSending = false;
}

async function send() {
  const ids = waiting;
  waiting = null;
  const asked = { method: "POST", body: new URLSearchParams({ open: ids }), keepalive: ids.length < MOST_SENT, headers: token() };
  await fetch(`${tree.dataset.keepOpen}?cycle=${tree.dataset.cycle}`, asked).catch(() => {}); // it is only remembered less
}

export function show(url) {
  history.replaceState(history.state, "", url.href.replaceAll("%2C", ","));
}

export function openings() {
  kept = opened().join();
  addEventListener("pagehide", () => waiting !== null && send());
  document.querySelector("[data-open-all]")?.addEventListener("click", () => reread("all"));
  document.querySelector("[data-close-all]")?.addEventListener("click", () => reread(""));
}
