// The goal tree comes to life: each behaviour has a module of its own.
import "../people_picker.js";
import { adding } from "./adding.js";
import { asked, asking } from "./asking.js";
import { cells } from "./cells.js";
import { dragging } from "./dragging.js";
import { filters } from "./filters.js";
import { begin as laidOut, refresh } from "./fresh.js";
import { focus, rowOf } from "./grid.js";
import { keys } from "./keys.js";
import { closeMenu, menus } from "./menu.js";
import { openings, remember, reread, reveal, toggle } from "./opening.js";
import { panels, renew } from "./panel.js";
import { selecting } from "./selection.js";
import { isDraft, tree } from "./server.js";
import { undoable, undoing } from "./undoing.js";
import { expect, watch } from "./waiting.js";
import { windowing } from "./window.js";

// Something was changed on the server: read it anew, show it, keep the focus.
async function changed({ goals, below, undo, act, everything }) {
  const [goal] = goals;
  const hadFocus = goals.some(each => rowOf(each)?.contains(document.activeElement)) || document.activeElement === document.body;
  asked();
  closeMenu();
  if (everything) await reread();
  else await refresh({ below, goals: [...goals, ...below.filter(Boolean)] });
  if (undo !== undefined) undoable(undo, act);
  if (undo) reveal(goal);
  if (hadFocus && !document.activeElement?.closest("form")) focus(rowOf(goal));
  remember();
  renew();
  expect();
}

if (tree) {
  const writing = isDraft() ? [] : [selecting, adding, cells, filters];
  [windowing, laidOut, openings, ...writing, asking, keys, menus, panels, undoing].forEach(begin => begin());
  document.addEventListener("goals:changed", event => changed(event.detail));
  tree.addEventListener("click", event => {
    const twist = event.target.closest("a.tg-twist");
    if (!twist || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    toggle(twist.closest("[role=row]"));
  });
  watch();
  if (matchMedia("(pointer: fine)").matches) dragging();
}
