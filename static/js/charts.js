// Draws every [data-chart] once it comes near the window; Plotly is fetched only then. Figures come from
// cascade/charts.py and name colours as var(--token): what these are is asked anew when the theme changes.
//
// data-figure: id of a json_script with the figure, or data-src: its address. data-plotly, data-plotly-css: the bundle.
// A click on a part of an icicle goes down into it and fires chart:level with its id.
import { each } from "./parts.js";

const NARROW = 30; // rem: below this the words at a line's end move inside the picture
const LOCALE = "page"; // what it does not say, Plotly takes from its own English
const still = matchMedia("(prefers-reduced-motion: reduce)");
const drawn = new Set();

document.addEventListener("htmx:load", event => each(event.target, "[data-chart]", chart => near.observe(chart)));

const near = new IntersectionObserver(seen => seen.filter(one => one.isIntersecting).forEach(({ target }) => {
  near.unobserve(target);
  begin(target);
}), { rootMargin: "200px" });
const sizes = new ResizeObserver(seen => seen.forEach(({ target }) => redraw(target.closest("[data-chart]"))));
const redrawAll = () => drawn.forEach(redraw);
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);

async function begin(chart) {
  try {
    const [figure] = await Promise.all([figureOf(chart), plotly(chart), document.fonts.ready]);
    if (!chart.isConnected) return;
    chart.figure = figure;
    await draw(chart);
    drill(chart);
    drawn.add(chart);
    sizes.observe(canvas(chart));
    chart.dataset.chart = "drawn";
  } catch (error) {
    chart.dataset.chart = "failed";
    console.warn("The chart could not be drawn:", error);
  }
}

async function figureOf(chart) {
  if (chart.dataset.figure) return JSON.parse(document.getElementById(chart.dataset.figure).textContent);
  const answer = await fetch(chart.dataset.src, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} for ${chart.dataset.src}`);
  return answer.json();
}

let loading;
function plotly({ dataset }) {
  loading ??= new Promise((resolve, reject) => {
    // The stylesheet has to be there first: its id keeps Plotly from writing a <style>, which our CSP forbids.
    const link = Object.assign(document.createElement("link"), {
      id: "plotly.js-style-global", className: "no-inline-styles", rel: "stylesheet", href: dataset.plotlyCss,
    });
    const script = Object.assign(document.createElement("script"), { src: dataset.plotly });
    script.addEventListener("load", () => { speak(window.Plotly); resolve(); });
    link.addEventListener("load", () => document.head.append(script));
    for (const part of [link, script]) part.addEventListener("error", () => { loading = undefined; reject(part); });
    document.head.append(link);
  });
  return loading;
}

// Names of months and days in the page's language; the browser knows them all.
function speak(Plotly) {
  const names = (count, day, style) => Array.from({ length: count }, (_, number) =>
    new Intl.DateTimeFormat(language(), { ...style, timeZone: "UTC" }).format(day(number)));
  const weekday = number => Date.UTC(2023, 0, 1 + number); // a Sunday
  const month = number => Date.UTC(2023, number, 1);
  const parts = new Intl.NumberFormat(language(), { useGrouping: "always" }).formatToParts(1234567.8);
  const sign = (type, other) => parts.find(part => part.type === type)?.value ?? other;
  Plotly.register({
    moduleType: "locale",
    name: LOCALE,
    dictionary: {},
    format: {
      days: names(7, weekday, { weekday: "long" }),
      shortDays: names(7, weekday, { weekday: "short" }),
      months: names(12, month, { month: "long" }),
      shortMonths: names(12, month, { month: "short" }),
      decimal: sign("decimal", "."),
      thousands: sign("group", ","),
      date: "%d %b %Y",
    },
  });
}

const language = () => document.documentElement.lang || "en";
const canvas = chart => chart.querySelector("[data-chart-canvas]");

function draw(chart) {
  const place = canvas(chart);
  const { data, layout } = coloured(chart, chart.figure);
  Object.assign(layout, { width: place.clientWidth, height: place.clientHeight, autosize: false });
  layout.font = { ...layout.font, family: getComputedStyle(chart).fontFamily };
  for (const axis of ["xaxis", "yaxis"]) layout[axis] = { ...layout[axis], fixedrange: true };
  makeRoom(layout);
  if (chart.level !== undefined) for (const trace of data) if (trace.type === "icicle") trace.level = chart.level;
  const looks = { displayModeBar: false, showTips: false, doubleClick: false, locale: LOCALE };
  return window.Plotly.react(place, data, layout, looks);
}

// Words named `end` stand behind the line they belong to, or above its end where there is no room.
function makeRoom(layout) {
  const ends = (layout.annotations ?? []).filter(words => words.name === "end");
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (layout.width < NARROW * rem) {
    layout.margin = { ...layout.margin, r: 12 };
    for (const words of ends) Object.assign(words, { xanchor: "right", xshift: 0, yanchor: "bottom" });
  } else {
    const longest = Math.max(0, ...ends.map(words => words.text.replace(/<[^>]*>/g, "").length));
    layout.margin = { ...layout.margin, r: longest ? 16 + longest * 7 : 16 };
  }
}

// A copy of the figure with var(--token) put as the colour it has for this chart now.
function coloured(chart, figure) {
  const probe = chart.appendChild(document.createElement("span"));
  const known = new Map();
  const colour = name => {
    if (!known.has(name)) {
      probe.style.color = name;
      known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
  };
  const copy = value => {
    if (typeof value === "string") return /^var\(--[\w-]+\)$/.test(value) ? colour(value) : value;
    if (Array.isArray(value)) return value.map(copy);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]));
    }
    return value;
  };
  const result = copy(figure);
  probe.remove();
  return result;
}

let asked = 0;
const waiting = new Set();
function redraw(chart) {
  if (!chart.isConnected) drawn.delete(chart);
  if (!drawn.has(chart)) return;
  waiting.add(chart);
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(() => {
    waiting.forEach(draw);
    waiting.clear();
  });
}

// Going down into an icicle: the level is kept through redraws; without motion it changes at once.
function drill(chart) {
  canvas(chart).on("plotly_icicleclick", ({ nextLevel, points: [point] }) => {
    const level = nextLevel ?? point.id;
    if (level === undefined) return true;
    chart.level = level;
    chart.dispatchEvent(new CustomEvent("chart:level", { bubbles: true, detail: { level } }));
    if (!still.matches) return true;
    window.Plotly.restyle(canvas(chart), { level });
    return false;
  });
}
