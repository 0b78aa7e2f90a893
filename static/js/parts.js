// Every element of a newly arrived part that matches, the part itself included.
export function each(part, selector, behave) {
  if (part.matches(selector)) behave(part);
  part.querySelectorAll(selector).forEach(behave);
}
