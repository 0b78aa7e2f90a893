// The map as a file: every colour, font and drawing is put into it, so it looks the same wherever it is opened.
import { each } from "../parts.js";

const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "letter-spacing", "color", "opacity"];
const MARGIN = 32;
const HEAD = 72;
const KEY = 26;
const SCALE = 2;
const FONT = "Archivo, 'Helvetica Neue', Arial, sans-serif";
const NAMESPACE = "http://www.w3.org/2000/svg";

export function saving(part) {
  each(part, "[data-map-export]", menu => { menu.hidden = !document.querySelector("[data-map]"); });
  each(part, "[data-export]", button => button.addEventListener("click", async () => {
    const map = document.querySelector("[data-map]");
    if (!map) return;
    button.closest("details").open = false;
    const picture = await drawn(map);
    const text = new XMLSerializer().serializeToString(picture);
    const svg = new Blob([text], { type: "image/svg+xml" });
    const file = button.dataset.export === "svg" ? svg : await painted(svg, picture);
    save(file, `${fileName(map)}.${button.dataset.export}`);
  }));
}

function fileName(map) {
  const plain = map.dataset.name.normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").toLowerCase();
  return `strategy-map-${plain}-${map.dataset.date}`;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// A copy in light colours, with its title, date and key.
async function drawn(map) {
  const root = document.documentElement;
  const theme = root.dataset.theme;
  root.dataset.theme = "light";
  try {
    const { width, height } = map.viewBox.baseVal;
    const copy = map.cloneNode(true);
    resolve(map, copy);
    const paper = getComputedStyle(document.body).backgroundColor;
    const ink = getComputedStyle(document.body).color;
    copy.querySelectorAll(".handle, .pull").forEach(part => part.remove());
    await inlined(copy);
    const keys = key(ink);
    const whole = [width + 2 * MARGIN, HEAD + height + KEY + 2 * MARGIN];
    const picture = element("svg", { xmlns: NAMESPACE, width: whole[0], height: whole[1], viewBox: `0 0 ${whole.join(" ")}`, "font-family": FONT });
    picture.append(await fonts());
    picture.append(element("rect", { width: whole[0], height: whole[1], fill: paper }));
    picture.append(words(MARGIN, MARGIN + 22, document.querySelector("h1").textContent, { "font-size": 24, "font-weight": 640, fill: ink }));
    picture.append(words(MARGIN, MARGIN + 44, `${map.dataset.name} · ${map.dataset.day}`, { "font-size": 13, fill: ink }));
    const body = element("g", { transform: `translate(${MARGIN} ${MARGIN + HEAD - 12})` });
    body.append(...unlinked(copy));
    const foot = element("g", { transform: `translate(${MARGIN} ${MARGIN + HEAD + height + 8})` });
    foot.append(...keys);
    picture.append(body, foot);
    return picture;
  } finally {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  }
}

function element(name, attributes) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

function words(x, y, text, attributes) {
  const made = element("text", { x, y, ...attributes });
  made.textContent = text;
  return made;
}

// Looks that come from style sheets become attributes.
function resolve(original, copy) {
  const looks = getComputedStyle(original);
  for (const name of LOOKS) {
    const value = looks.getPropertyValue(name);
    if (value && value !== "none" && value !== "normal") copy.setAttribute(name, value);
    else if (name === "fill" && value === "none") copy.setAttribute(name, "none");
  }
  [...original.children].forEach((child, place) => resolve(child, copy.children[place]));
}

// Marks that are drawings of another file become drawings of this one.
async function inlined(copy) {
  const uses = [...copy.querySelectorAll("use")];
  const files = new Map();
  for (const use of uses) {
    const [file, name] = use.getAttribute("href").split("#");
    if (!files.has(file)) {
      const answer = await fetch(file);
      files.set(file, new DOMParser().parseFromString(await answer.text(), "image/svg+xml"));
    }
    const symbol = files.get(file).getElementById(name);
    const frame = use.parentNode;
    frame.setAttribute("viewBox", symbol.getAttribute("viewBox"));
    const group = element("g", { fill: symbol.getAttribute("fill") ?? "currentColor" });
    for (const name of ["stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"]) {
      if (symbol.hasAttribute(name)) group.setAttribute(name, symbol.getAttribute(name));
    }
    group.append(...[...symbol.childNodes].map(node => document.importNode(node, true)));
    frame.removeAttribute("fill");
    frame.replaceChildren(group);
  }
}

// Links lead nowhere in a file, and what the page needs to work is no part of it.
function unlinked(copy) {
  copy.querySelectorAll("a").forEach(link => {
    const group = element("g", {});
    group.append(...link.childNodes);
    link.replaceWith(group);
  });
  copy.querySelectorAll("*").forEach(part => {
    for (const { name } of [...part.attributes]) {
      if (name.startsWith("data-") || name.startsWith("aria-") || name === "class") part.removeAttribute(name);
    }
  });
  return [...copy.childNodes];
}

function key(ink) {
  const found = [];
  let x = 0;
  document.querySelectorAll("[data-map-key] > span").forEach(entry => {
    entry.querySelectorAll("line").forEach(line => {
      const copy = line.cloneNode();
      resolve(line, copy);
      copy.removeAttribute("class");
      copy.setAttribute("transform", `translate(${x} 0)`);
      found.push(copy);
    });
    const text = entry.textContent.trim();
    found.push(words(x + 34, 10, text, { "font-size": 12, fill: ink }));
    x += 34 + text.length * 6.4 + 18;
  });
  return found;
}

async function fonts() {
  const style = element("style", {});
  const face = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).find(rule => rule instanceof CSSFontFaceRule);
  const address = face && /url\("?([^")]+)"?\)/.exec(face.style.getPropertyValue("src"));
  if (address) {
    const answer = await fetch(new URL(address[1], face.parentStyleSheet.href));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    let binary = "";
    bytes.forEach(byte => { binary += String.fromCharCode(byte); });
    style.textContent = `@font-face{font-family:Archivo;font-weight:400 700;src:url(data:font/woff2;base64,${btoa(binary)}) format("woff2")}`;
  }
  return style;
}

async function painted(svg, picture) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.getAttribute("width") * SCALE;
  canvas.height = picture.getAttribute("height") * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise(done => canvas.toBlob(done, "image/png"));
}
