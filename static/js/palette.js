// The search over every page: Ctrl K or Cmd K, or its button, opens it; arrows choose, Enter opens, Esc closes.
const dialog = document.getElementById("palette");

if (dialog) {
  const input = dialog.querySelector("input");
  const found = document.getElementById("palette-found");
  const options = () => [...found.querySelectorAll("a")];
  const chosen = () => found.querySelector("[aria-selected=true]");

  const choose = option => {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };

  const open = () => {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    dialog.showModal();
    input.select();
    htmx.trigger(input, "palette:open");
  };

  document.addEventListener("keydown", event => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", event => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  dialog.addEventListener("click", event => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  found.addEventListener("htmx:afterSwap", () => choose(options()[0]));
  input.form.addEventListener("submit", event => {
    if (!chosen()) return;
    event.preventDefault();
    chosen().click();
  });
  input.addEventListener("keydown", event => {
    const all = options(), at = all.indexOf(chosen());
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (!(event.key in steps) || !all.length) return;
    event.preventDefault();
    choose(all[(at + steps[event.key] + all.length) % all.length]);
  });
}
