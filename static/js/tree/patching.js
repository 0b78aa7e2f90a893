// One row's cells as the server has them now, without losing focus or an editor.
const SHOWN = 1600; // ms a changed figure stays marked
const FIGURES = ".tg-progress, .tg-gap, .tg-status, .tg-weight";
const TOLD = ["data-rank", "data-editable", "data-version"];

export function patch(row, fresh, { silent = false } = {}) {
  for (const name of TOLD) {
    const value = fresh.getAttribute(name);
    if (value === null) row.removeAttribute(name);
    else row.setAttribute(name, value);
  }
  for (const name of ["is-ended", "is-moved"]) row.classList.toggle(name, fresh.classList.contains(name));
  row.classList.remove("is-coming");
  row.removeAttribute("aria-busy");
  [...fresh.cells].forEach((cell, at) => {
    const old = row.cells[at];
    if (old.querySelector("form") || (!silent && same(old, cell))) return;
    const isFigure = !silent && old.matches(FIGURES) && old.textContent !== cell.textContent;
    old.className = cell.className;
    keepChecked(old, cell);
    old.replaceChildren(...cell.childNodes);
    if (isFigure) mark(old);
  });
}

function keepChecked(old, cell) {
  const box = cell.querySelector("[type=checkbox]");
  if (box) box.checked = Boolean(old.querySelector("[type=checkbox]")?.checked) || old.closest("[aria-selected=true]") !== null;
}

// Where a link leads to without scripts does not matter here.
function same(old, cell) {
  const text = each => each.innerHTML.replace(/ href="[^"]*"/g, "");
  return text(old) === text(cell);
}

function mark(cell) {
  cell.classList.add("is-changed");
  setTimeout(() => cell.classList.remove("is-changed"), SHOWN);
}
