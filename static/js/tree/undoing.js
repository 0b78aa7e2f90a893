// The last act of this person is taken back, by a button or by Ctrl+Z.
import { post } from "./server.js";

const form = document.querySelector("[data-undo]");
let isBusy = false;

// `url` takes back what is called `words`; empty: there is nothing left to take back.
export function undoable(url, words) {
  form.setAttribute("action", url);
  form.hidden = !url;
  form.querySelector("button").title = words;
  form.querySelector("[data-undo-words]").textContent = words;
}

export async function undo() {
  const url = form.getAttribute("action");
  if (!url || isBusy) return;
  isBusy = true;
  await post(url);
  isBusy = false;
}

export function undoing() {
  form.addEventListener("submit", event => { event.preventDefault(); undo(); });
}
