// Short messages: they leave after a while, not while somebody reads them; errors stay until closed.
import { each } from "./parts.js";

const LIFE = 8000;

export function toasts(part) {
  each(part, "[data-toast]", show);
}

function show(toast) {
  const remove = () => toast.remove();
  toast.querySelector("[data-toast-close]").addEventListener("click", remove);
  toast.addEventListener("htmx:afterRequest", event => event.detail.successful && remove());
  if (toast.dataset.kind === "error") return;
  let timer = setTimeout(remove, LIFE);
  const hold = () => clearTimeout(timer);
  const release = () => { hold(); timer = setTimeout(remove, LIFE); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

const failures = () => document.getElementById("failed-toast");

// A refusal may bring its own sentence as plain text; what is refused quietly (a page asking again) says nothing.
export function failed(event, answer) {
  if (event.detail.elt.closest("[data-quiet]")) return;
  refused(answer?.status ?? 0, answer?.getResponseHeader("Content-Type"), answer?.responseText);
}

export function refused(status, type = "", text = "") {
  const { dataset } = failures(); // a sentence for each status
  say((type?.startsWith("text/plain") && text.trim()) || dataset[status] || dataset.other);
}

function say(sentence) {
  const toast = failures().content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = sentence;
  document.getElementById("toasts").append(toast);
  show(toast);
}
