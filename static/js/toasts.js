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

const SENTENCES = {
  0: "No connection. What you typed is still here; try again in a moment.",
  400: "That could not be read. What you typed is still here.",
  403: "You may not do this. Nothing was changed.",
  404: "It is not there any more, or you may not see it.",
  409: "Something changed in the meantime. Nothing was saved; reload the page to see it.",
  412: "Somebody else changed this in the meantime. Nothing was saved; reload the page to see it.",
  413: "That is larger than this server takes. What you typed is still here.",
  429: "That was a lot at once. Wait a minute, then try again.",
  503: "Cascade is busy for a moment. What you typed is still here; try again.",
};
const FAILED = "Something failed here; it has been noted. What you typed is still here.";

// A refusal may bring its own sentence as plain text; what is refused quietly (a page asking again) says nothing.
export function failed(event, answer) {
  if (event.detail.elt.closest("[data-quiet]")) return;
  refused(answer?.status ?? 0, answer?.getResponseHeader("Content-Type"), answer?.responseText);
}

export function refused(status, type = "", text = "") {
  say((type?.startsWith("text/plain") && text.trim()) || SENTENCES[status] || FAILED);
}

function say(sentence) {
  const toast = document.getElementById("failed-toast").content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = sentence;
  document.getElementById("toasts").append(toast);
  show(toast);
}
