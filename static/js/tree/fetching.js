// Rows whose cells are not here yet, or not as they are now, are fetched as they come into view.
import { isComing, known } from "./grid.js";
import { patch } from "./patching.js";
import { part, question } from "./server.js";

const AT_ONCE = 100;
const WAIT = 40; // ms, so that one movement asks once
const waiting = new Set(), coming = new Set();
let timer;

export function want(places) {
  places.forEach(each => coming.has(each.id) || waiting.add(each.id));
  if (waiting.size && !timer) timer = setTimeout(ask, WAIT);
}

async function ask() {
  timer = 0;
  const ids = [...waiting].slice(-AT_ONCE); // the newest first: they are looked at now
  ids.forEach(id => { waiting.delete(id); coming.add(id); });
  const others = [...waiting].filter(id => !known(id)?.el?.isConnected);
  others.forEach(id => waiting.delete(id)); // scrolled past
  const answer = await part(question({ goals: ids.join() }), { quiet: true });
  ids.forEach(id => coming.delete(id));
  answer?.querySelectorAll("tbody > [data-id]").forEach(fresh => take(fresh));
  if (waiting.size && !timer) timer = setTimeout(ask, WAIT);
}

export function take(fresh) {
  const each = known(fresh.dataset.id);
  if (!each) return;
  each.isStale = false;
  if (!each.el) each.el = fresh;
  else patch(each.el, fresh, { silent: isComing(each) });
}
