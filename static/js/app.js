// What every page can do. A behaviour is a function of the part of the page that arrived; htmx calls it for swaps too.
import { failed, toasts } from "./toasts.js";
import "./palette.js";
import { menus } from "./menus.js";
import { once } from "./once.js";
import { ownTimezone } from "./own_timezone.js";
import { themeChoice } from "./theme_choice.js";

const behaviours = [menus, once, ownTimezone, themeChoice, toasts];
document.addEventListener("htmx:load", event => behaviours.forEach(behave => behave(event.target)));

document.addEventListener("htmx:responseError", event => failed(event, event.detail.xhr));
document.addEventListener("htmx:sendError", event => failed(event));
document.addEventListener("htmx:timeout", event => failed(event));
