// The dialog of the tree: "Move to...", and changes of state that need a reason.
import { address, arrive, part } from "./server.js";

const dialog = document.getElementById("tree-dialog");

export async function ask(url) {
  const answer = await part(url);
  if (!answer) return;
  dialog.replaceChildren(answer);
  arrive(dialog);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input:not([type=hidden]), textarea")?.focus();
}

export const askWhere = row => ask(address(row.dataset.id, "move"));

export function asked() {
  if (dialog.open) dialog.close();
}

export function asking() {
  dialog.addEventListener("click", event => {
    const leave = event.target.closest("[data-close-dialog]");
    if (leave) { event.preventDefault(); dialog.close(); }
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("change", async event => {
    if (event.target.name !== "parent") return;
    const form = event.target.form;
    const query = new URLSearchParams({ parent: event.target.value });
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
