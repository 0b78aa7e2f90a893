// Opening and closing rows; what is open stands in the address, so that a refresh or a link shows the same.
import { focus, inside, isOpen, level, opened, rows } from "./grid.js";
import { refresh } from "./fresh.js";
import { tree } from "./server.js";

export async function open(row) {
  if (row.getAttribute("aria-expanded") !== "false") return;
  row.setAttribute("aria-expanded", "true");
  row.setAttribute("aria-busy", "true");
  const came = await refresh({ below: [row.dataset.id] });
  row.removeAttribute("aria-busy");
  if (!came) row.setAttribute("aria-expanded", "false");
  remember();
}

export function close(row) {
  if (!isOpen(row)) return;
  const below = inside(row);
  if (below.some(each => each.contains(document.activeElement))) focus(row);
  below.forEach(each => each.remove());
  row.setAttribute("aria-expanded", "false");
  remember();
}

export const toggle = row => (isOpen(row) ? close(row) : open(row));

export async function more(rest) {
  const before = rest.previousElementSibling;
  await refresh({ below: [rest.dataset.rest], skip: rest.dataset.skip });
  let first = before.nextElementSibling;
  while (first && level(first) > level(before)) first = first.nextElementSibling;
  focus(first ?? rows().at(-1));
}

export function remember() {
  if (tree.dataset.filtered === "true") return;
  const url = new URL(location);
  url.searchParams.set("open", opened().join());
  const field = document.querySelector("[data-filters] [name=open]");
  if (field) field.value = opened().join();
  show(url);
}

export function show(url) {
  history.replaceState(history.state, "", url.href.replaceAll("%2C", ","));
}
