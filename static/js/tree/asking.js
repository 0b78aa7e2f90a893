// The dialog of the tree: "Move to...", and changes of state that need a reason.
import { address, arrive, part } from "./server.js";

const WAIT = 200;
const dialog = document.getElementById("tree-dialog");
let timer, request;

export async function ask(url) {
  const answer = await part(url);
  if (!answer) return;
  dialog.replaceChildren(answer);
  arrive(dialog);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input:not([type=hidden]), textarea")?.focus();
}

// One question about many goals; their ids may be too many for an address.
export async function askTogether(url, goals) {
  await htmx.ajax("POST", url, { source: dialog, target: dialog, swap: "innerHTML", values: { goals } });
  dialog.querySelector("[data-together-form]")?.querySelector("input:not([type=hidden]), select")?.focus();
}

// What is chosen decides which goals change.
async function tellAgain(form) {
  const body = new FormData(form);
  body.delete("told");
  const answer = await part(form.action, { body, quiet: true });
  if (!answer || !form.isConnected) return;
  form.elements.told.value = answer.querySelector("[name=told]").value;
  for (const place of [".together-told", ".rowline"]) {
    const [held, fresh] = [form.querySelector(place), answer.querySelector(place)];
    if (!held.isEqualNode(fresh)) held.replaceChildren(...fresh.childNodes);  // never under the pointer for nothing
  }
}

export const askWhere = row => ask(address(row.dataset.id, "move"));

export function asked() {
  if (dialog.open) dialog.close();
}

// Places that fit what is typed; the one that is chosen stays.
async function search(form) {
  request?.abort();
  request = new AbortController();
  const query = new URLSearchParams(new FormData(form));
  const answer = await part(`${form.action}?${query}`, { signal: request.signal });
  const list = dialog.querySelector("#move-places");
  if (!answer || !list) return;
  const chosen = list.querySelector(":checked")?.closest("label");
  const fresh = answer.querySelector("#move-places");
  const same = chosen && fresh.querySelector(`[value="${chosen.querySelector("input").value}"]`);
  list.replaceChildren(...fresh.childNodes);
  if (same) same.checked = true;
  else if (chosen) list.prepend(chosen);
}

export function asking() {
  dialog.addEventListener("input", event => {
    const form = event.target.closest("[data-places]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(search, WAIT, form);
  });
  dialog.addEventListener("submit", event => {
    if (event.target.matches("[data-places]")) { event.preventDefault(); search(event.target); }
  });
  dialog.addEventListener("click", event => {
    const leave = event.target.closest("[data-close-dialog]");
    if (leave) { event.preventDefault(); dialog.close(); }
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("change", async event => {
    const form = event.target.form;
    if (form.matches("[data-together-form]")) tellAgain(form);
    if (event.target.name !== "parent") return;
    const query = new URLSearchParams({ parent: event.target.value, goals: form.elements.goals?.value ?? "" });
    const answer = await part(`${form.dataset.preview}?${query}`);
    if (answer && form.elements.parent.value === event.target.value) form.querySelector(".move-effect").replaceChildren(answer);
  });
  // A refusal that asks something comes as an answer for the dialog, also when it was not open.
  dialog.addEventListener("htmx:afterSwap", event => {
    if (event.target !== dialog) return;
    if (!dialog.textContent.trim()) dialog.close();
    else if (!dialog.open) dialog.showModal();
  });
  document.querySelector("[data-show-keys]").addEventListener("click", showKeys);
}

export function showKeys() {
  document.getElementById("tree-key-list").showModal();
}
