// A goal, a link or a form opens beside the map; the address names what is shown, so a reload shows it again.

export function beside() {
  document.addEventListener("click", event => {
    const link = event.target.closest("[data-beside]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (!document.getElementById("map")) return;
    event.preventDefault();
    open(link.dataset.beside || link.getAttribute("href"), link.dataset.beside && link.getAttribute("href"), link);
  });
}

export async function open(address, shown = "", from = null) {
  const panel = document.getElementById("map-panel");
  await window.htmx.ajax("GET", address, { target: panel, swap: "innerHTML" });
  if (shown) {
    history.replaceState(history.state, "", shown);
    mark(new URL(shown, location.href).searchParams);
  }
  const field = panel.querySelector("[data-first]");
  const heading = panel.querySelector("h2[tabindex]");
  const keepsFocus = from && from.closest("[data-map]") && document.contains(from);
  if (field) field.focus();
  else if (!keepsFocus) heading?.focus({ preventScroll: true });
  if (matchMedia("(max-width: 67.99rem)").matches) panel.scrollIntoView({ block: "start" });
}

// The goal or link beside the map is marked on it.
function mark(asked) {
  const map = document.querySelector("[data-map]");
  if (!map) return;
  map.querySelectorAll("[data-link]").forEach(part => part.classList.toggle("is-sel", part.dataset.link === asked.get("link")));
  map.querySelectorAll(".node-g").forEach(goal => {
    goal.querySelector(".node").classList.toggle("node-sel", goal.dataset.goal === asked.get("goal"));
  });
}
