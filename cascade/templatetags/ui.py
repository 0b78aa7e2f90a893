"""How figures, dates, people and marks look on every page. None is an en dash that screen readers call "no value"."""

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from cascade.numbers import SIGNS

register = template.Library()

WORDS = {
    "on_track": _("On track"),
    "at_risk": _("At risk"),
    "off_track": _("Off track"),
    "achieved": _("Achieved"),
    "scheduled": _("Not started"),
    "no_data": _("No data"),
    "insufficient": _("Too little data"),
    "draft": _("Draft"),
    "proposed": _("Proposed"),
    "paused": _("Paused"),
    "closed": _("Closed"),
    "cancelled": _("Cancelled"),
    "restricted": _("Restricted"),
}
LEVEL_MARKS = 4


def rounded(value: Decimal, places: int) -> Decimal:
    """Half-even like every printed figure (docs/domain.md section 0), after the same guard of 12 decimals."""
    guarded = Decimal(value).quantize(Decimal("1e-12"), ROUND_HALF_EVEN)
    return guarded.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def trimmed(value: Decimal) -> Decimal:
    """Without zeros behind the point, and never minus zero."""
    whole = value.to_integral_value()
    return abs(whole) if whole == 0 == value else whole if whole == value else value.normalize()


def nothing() -> SafeString:
    return format_html('<span aria-hidden="true">–</span><span class="vh">{}</span>', gettext("no value"))


def written(value: Decimal, sign: str = "-") -> str:
    """As the reader's language separates thousands and decimals, the true minus sign; sign "+" shows a plus as well."""
    thousands, decimal = SIGNS[get_language()]
    return f"{value:{sign},f}".translate({ord("-"): "−", ord(","): thousands, ord("."): decimal})


def percentage(share: Decimal, places: int) -> Decimal:
    """The percentage that is shown for a share."""
    shown = rounded(share * 100, places)
    if shown >= 100 and rounded(share, 12) < 1:  # what is not reached never reads 100 %
        shown = 100 - Decimal(1).scaleb(-places)
    return shown


def percent_text(share: Decimal, places: int | None = None) -> str:
    if places is None:
        return with_unit(written(trimmed(percentage(share, 1))), "%")
    return with_unit(written(percentage(share, places)), "%")


def number_text(value: Decimal) -> str:
    value = Decimal(value)
    places = min(12, max(2, 3 - value.adjusted())) if value else 0
    return written(trimmed(rounded(value, places)))


def with_unit(text: str, unit: str) -> str:
    """4.4 h keeps together; 75% and 20° have no space, but Norwegian writes 75 %."""
    if unit == "%":
        return pgettext("percentage", "%(number)s%%") % {"number": text}
    return f"{text}{unit}" if unit in ("", "°") else f"{text}\N{NO-BREAK SPACE}{unit}"


@register.filter
def suffix(unit: str) -> str:
    """What stands behind a number of this unit, for numbers that a script writes."""
    return with_unit("", unit)


@register.filter
def percent(share: Decimal | None, places: int | None = None) -> str:
    """A share of 0..1: "68.9%", at most one decimal; exactly `places` decimals where the number is explained."""
    return nothing() if share is None else percent_text(share, places)


@register.filter
def points(gap: Decimal | None, places: int | None = None) -> str:
    """A difference of shares in points, always signed: "−11", "+7.5", "0"."""
    if gap is None:
        return nothing()
    shown = rounded(gap * 100, 1 if places is None else places)
    shown = shown if places is not None else trimmed(shown)
    return written(shown, "+") if shown else written(abs(shown))


@register.filter
def of_100(share: Decimal | None, places: int = 2) -> str:
    """A share as points of 100, where points are added up: "18.90"."""
    return nothing() if share is None else written(percentage(share, places))


@register.filter
def number(value: Decimal | None, unit: str = "") -> str:
    """A calculated value with its unit, to two decimals or four significant digits: "1,234.57 h"."""
    return nothing() if value is None else with_unit(number_text(value), unit)


@register.filter
def chance(share: Decimal | None) -> str:
    """How likely something is, without more precision than it has: "less than 5%", "62%", "more than 95%"."""
    if share is None:
        return nothing()
    if share < Decimal("0.05"):
        return gettext("less than %(share)s") % {"share": percent_text(Decimal("0.05"))}
    if share > Decimal("0.95"):
        return gettext("more than %(share)s") % {"share": percent_text(Decimal("0.95"))}
    return percent_text(share, 0)


@register.filter
def exact(value: Decimal | None, unit: str = "") -> str:
    """A value as somebody entered it, with every decimal: "1,234.5678 h"."""
    return nothing() if value is None else with_unit(written(trimmed(Decimal(value))), unit)


@register.filter
def day(date: dt.date | None) -> str:
    """17 Sep 2026"""
    if date is None:
        return nothing()
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), date_format(date))


@register.filter
def moment(at: dt.datetime | None) -> str:
    """17 Sep 2026, 14:05 where the reader is"""
    if at is None:
        return nothing()
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), moment_text(at))


def moment_text(at: dt.datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


@register.filter
def weekday(date: dt.date) -> str:
    """Thursday 17 September 2026"""
    return date_format(date, pgettext("date format", "l j F Y"))


@register.filter
def ago(at: dt.datetime | None) -> str:
    """3 days ago, with the exact moment behind it"""
    if at is None:
        return nothing()
    recent = timezone.now() - at < dt.timedelta(minutes=1)
    words = gettext("just now") if recent else gettext("%(time)s ago") % {"time": timesince(at, depth=1)}
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), moment_text(at), words)


@register.simple_tag
@cache
def symbol(name: str) -> str:
    """The address of a drawing in static/icons.svg."""
    return f"{static('icons.svg')}#{name}"


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A decorative icon, `i-<name>` of static/icons.svg; size "s" is the small one."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}"/></svg>',
        f" icon-{size}" if size else "",
        symbol("i-" + name),
    )


@register.simple_tag
def status(value: str, stale: bool = False, size: str = "", word: bool = True) -> SafeString:
    """Shape, word and colour of a status of GoalFigures or KpiFigures; `stale` adds the clock.

    size "l" beside a large figure; word=False shows the shape alone where a column is narrow, its word for readers.
    """
    if not word:
        return format_html(
            '<span class="mark" data-status="{}"><svg role="img" aria-label="{}"><title>{}</title>'
            '<use href="{}"/></svg></span>',
            value,
            *[gettext("%(status)s, stale") % {"status": WORDS[value]} if stale else WORDS[value]] * 2,
            symbol(f"st-{'stale' if stale else value}"),
        )
    clock = mark_safe("")
    if stale:
        clock = format_html(
            '<svg class="status-stale" role="img" aria-label="{}"><title>{}</title><use href="{}"/></svg>',
            gettext("stale"),
            gettext("The newest value is out of date"),
            symbol("st-stale"),
        )
    return format_html(
        '<span class="status{}" data-status="{}"><svg aria-hidden="true"><use href="{}"/></svg>{}{}</span>',
        f" status-{size}" if size else "",
        value,
        symbol(f"st-{value}"),
        WORDS[value],
        clock,
    )


@register.simple_tag
def level(level, label: bool = False) -> SafeString:
    """The mark of a people.Level by its rank; label=True writes its name beside it.

    There are four marks; the levels below the fourth share the last one and differ by name.
    """
    mark = symbol(f"lvl-{min(level.rank, LEVEL_MARKS - 1) + 1}")
    if label:
        return format_html(
            '<span class="lvl-label"><svg class="lvl" aria-hidden="true"><use href="{}"/></svg>{}</span>',
            mark,
            level.name,
        )
    return format_html(
        '<svg class="lvl" role="img" aria-label="{}"><title>{}</title><use href="{}"/></svg>',
        level.name,
        level.name,
        mark,
    )


@register.simple_tag
def avatar(person, me: bool = False, size: str = "") -> SafeString:
    """Initials in a disc, cobalt for the reader's own; decorative, the name stands beside it. size "l" is larger."""
    classes = "avatar" + (" avatar-me" if me else "") + (f" avatar-{size}" if size else "")
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, person.initials)


@register.simple_tag
def person_name(person, me: bool = False, nobody: str = "") -> SafeString:
    """Avatar and name on one line; `nobody` is the word where there is no person."""
    if person is None:
        return format_html('<span class="quiet">{}</span>', nobody or gettext("Nobody"))
    return format_html(
        '<span class="person">{}<span class="clip" title="{}">{}</span></span>',
        avatar(person, me),
        person.name,
        person.name,
    )


@register.inclusion_tag("components/gauge.html")
def gauge(progress, expected, status: str, stale: bool = False, size: str = "", would_be=None) -> dict:
    """Progress against pace; the inputs stand in the template."""
    here = None if progress is None else on_scale(progress)
    pace = None if expected is None else on_scale(expected)
    there = None if would_be is None else on_scale(would_be)
    return {
        "row": size == "row",
        "size": size if size in ("l", "s") else "",
        "progress": progress,
        "status": "stale" if stale else status,
        "pieces": [*supposed(here, there), *pieces(here, pace, status, stale)],
        "less": there if there is not None and here is not None and there < here else None,
        "here": here,
        "pace": None if pace is None or (status == "achieved" and here == 100) else pace,
        "label": gauge_label(progress, expected),
    }


MUTED = {"no_data", "insufficient", "paused"}


def pieces(here: Decimal | None, pace: Decimal | None, status: str, stale: bool) -> list[tuple[str, Decimal, Decimal]]:
    """The coloured parts of a gauge: class, where it begins and how wide it is, of 100."""
    if here is None:
        return []
    if pace is None or stale or status in MUTED or (status == "achieved" and here == 100):
        parts = [("g-bar", Decimal(0), here)]
    elif here >= pace:
        parts = [("g-bar", Decimal(0), pace), ("g-ahead", pace, here - pace)]
    else:
        gap = "g-gap" if status in ("at_risk", "off_track") else "g-near"
        parts = [("g-bar", Decimal(0), here), (gap, here, pace - here)]
    return [part for part in parts if part[2]]


def supposed(here: Decimal | None, there: Decimal | None) -> list[tuple[str, Decimal, Decimal]]:
    """How far a result that is tried would take the bar; drawn first, so what is reached covers it."""
    return [("g-whatif", Decimal(0), there)] if there is not None and there > (here or 0) else []


def on_scale(share: Decimal) -> Decimal:
    return trimmed(rounded(min(max(Decimal(share), Decimal(0)), Decimal(1)) * 100, 2))


def gauge_label(progress, expected) -> str:
    if progress is None and expected is None:
        return gettext("No value yet")
    if progress is None:
        return gettext("No value yet, %(expected)s expected") % {"expected": percent_text(expected)}
    if expected is None:
        return gettext("%(reached)s reached") % {"reached": percent_text(progress)}
    reached, expected = percent_text(progress), percent_text(expected)
    return gettext("%(reached)s reached, %(expected)s expected") % {"reached": reached, "expected": expected}


@register.inclusion_tag("components/spark.html")
def spark(values, target=None, label: str = "") -> dict:
    """A small line of values; the inputs stand in the template."""
    values = list(values)
    known = [value for value in [*values, target] if value is not None]
    if not any(value is not None for value in values):
        return {"lines": [], "label": label}
    low, high = min(known), max(known)
    step = Decimal(88) / max(1, len(values) - 1)

    def height(value) -> Decimal:
        return Decimal(12) if high == low else rounded(22 - 20 * (Decimal(value) - low) / (high - low), 2)

    runs, at = [[]], (Decimal(0), Decimal(0))
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            at = (rounded(step * place, 2), height(value))
            runs[-1].append(at)
    return {
        "lines": [format_html_join(" ", "{},{}", run) for run in runs if len(run) > 1],
        "end": at,
        "target": None if target is None else height(target),
        "label": label,
    }


@register.filter
def control(field, kind: str = ""):
    """A form field's control in our look; `kind` adds a class such as "unit-l"."""
    look = {"select": "select", "selectmultiple": "select", "textarea": "textarea", "checkbox": ""}
    name = look.get(field.widget_type, "input")
    return field.as_widget(attrs={"class": f"{name} {kind}".strip()} if name or kind else {})
