// <select data-own-timezone>: offers the time zone of this computer first.
import { each } from "./parts.js";

export function ownTimezone(part) {
  each(part, "select[data-own-timezone]", select => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const known = [...select.options].some(option => option.value === own);
    if (known && select.value === "UTC") select.value = own;
  });
}
