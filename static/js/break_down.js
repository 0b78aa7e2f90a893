// <form data-choose>: what is chosen is sent in the order of the clicks, however fast they come.
// <form data-live-form>: what is changed is sent, kept and worked out by the server; the page takes over what became of
// the rest. What is being typed meanwhile is left alone.
import { each } from "./parts.js";

const WAIT = 250;
const PARTS = ["found", "chosen", "who-bar"];
let sending = Promise.resolve();

document.addEventListener("submit", event => {
  if (!event.target.matches("form[data-choose]")) return;
  event.preventDefault();
  const body = new FormData(event.target, event.submitter), action = event.target.action;
  sending = sending.then(() => choose(action, body)).catch(() => location.reload());
});

async function choose(action, body) {
  const answer = await fetch(action, { method: "POST", body, headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(answer.status);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html"), focus = document.activeElement?.id;
  for (const id of PARTS) {
    const now = fresh.getElementById(id);
    document.getElementById(id).replaceWith(now);
    htmx.process(now);
  }
  if (focus) document.getElementById(focus)?.focus();
  const toasts = document.getElementById("toasts");
  for (const toast of fresh.querySelectorAll("[data-toast]")) {
    toasts.append(toast);
    htmx.process(toast);
  }
}

function live(form) {
  let timer, running, sent = new Map();

  form.addEventListener("input", event => {
    clearTimeout(timer);
    if (!event.target.matches("[data-whole]")) timer = setTimeout(work, WAIT);
  });
  form.addEventListener("change", event => {
    clearTimeout(timer);
    if (event.target.matches("[data-whole]")) form.requestSubmit(form.querySelector("[value=refresh]"));
    else work();
  });

  async function work() {
    running?.abort();
    running = new AbortController();
    const body = new FormData(form);
    body.set("do", "refresh");
    sent = new Map([...form.querySelectorAll("[data-live-value]")].map(input => [input.id, input.value]));
    const answer = await fetch(form.action, { method: "POST", body, signal: running.signal, headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  function take(fresh) {
    for (const old of form.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (!now || old.innerHTML === now.innerHTML) continue;
      if (!old.contains(document.activeElement)) old.innerHTML = now.innerHTML;
    }
    for (const input of form.querySelectorAll("[data-live-value]")) {
      const now = fresh.getElementById(input.id);
      if (now && input.value === sent.get(input.id) && input.value !== now.value) input.value = now.value;
    }
    for (const row of form.querySelectorAll("tr[id]")) {
      row.toggleAttribute("data-hand", Boolean(fresh.getElementById(row.id)?.hasAttribute("data-hand")));
    }
  }
}

document.addEventListener("htmx:load", event => each(event.target, "form[data-live-form]", live));
