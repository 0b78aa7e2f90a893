// Fragments of pages, and changes sent to the server.
import { refused } from "../toasts.js";

export const tree = document.querySelector("[data-tree]");

export const token = () => JSON.parse(document.body.getAttribute("hx-headers"));

// What the server answers to a GET, or to a POST of `body`, as nodes; null when it refused, which a toast has told by then unless `quiet`.
export async function part(url, { quiet = false, signal, body } = {}) {
  let answer, text;
  try {
    const headers = { "HX-Request": "true", ...(body && token()) };
    answer = await fetch(url, { headers, signal, body, method: body ? "POST" : "GET" });
    text = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError" && !quiet) refused(0);
    return null;
  }
  const away = answer.headers.get("HX-Redirect");
  if (away) location.assign(away);
  if (!answer.ok && !quiet) refused(answer.status, answer.headers.get("Content-Type"), text);
  if (away || !answer.ok) return null;
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

export function post(url, values = {}) {
  return htmx.ajax("POST", url, { source: tree, swap: "none", values });
}

// Brings a fetched part to life once it stands in the page, as a swap does.
export function arrive(element) {
  htmx.process(element);
  htmx.trigger(element, "htmx:load");
}

// In a draft goals have addresses of its own, where moves are collected.
export const isDraft = () => "goals" in tree.dataset;
export const address = (id, page) => `${tree.dataset.goals ?? "/goals"}/${id}/${page}/`;
// An address for rows, with the columns and the order that are shown.
export function question(asked) {
  const query = new URLSearchParams(document.getElementById("tree").dataset.manner ?? "");
  query.set("cycle", tree.dataset.cycle);
  Object.entries(asked).forEach(([name, value]) => value && query.set(name, value));
  return `${tree.dataset.rows}?${query}`;
}
