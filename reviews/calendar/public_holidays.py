"""The public holidays of countries and their regions, by the names that people know."""

import datetime as dt
from collections.abc import Iterable
from functools import cache

import holidays
from babel import Locale
from django.utils.translation import get_language
from holidays.registry import COUNTRIES

LANGUAGES = {"en": "en_US", "nb": "no"}  # ours, as the library calls them


def countries() -> dict[str, str]:
    """Names in the reader's language by ISO code, in the order of the names."""
    return countries_in(get_language() or "en")


@cache
def countries_in(language: str) -> dict[str, str]:
    names = Locale.parse(language).territories
    found = {code: names[code] for _name, code, *_ in COUNTRIES.values() if code in names}
    return dict(sorted(found.items(), key=lambda each: each[1]))


@cache
def regions(country: str) -> dict[str, str]:
    """Names by code; none for a country without holidays of regions, or one that is not known."""
    if country not in countries():
        return {}
    known = getattr(holidays, country)
    names = {code: code for code in known.subdivisions}
    for name, code in (getattr(known, "subdivisions_aliases", None) or {}).items():
        if names[code] == code or len(name) > len(names[code]):
            names[code] = name
    return dict(sorted(names.items(), key=lambda each: each[1]))


def named(country: str, region: str, years: Iterable[int]) -> dict[dt.date, str]:
    """The holidays of these years in order, in the reader's language where it is known, else in the country's."""
    if country not in countries():
        return {}
    language = LANGUAGES.get(get_language() or "en")
    if language not in getattr(holidays, country).supported_languages:
        language = None
    found = holidays.country_holidays(country, region or None, years=list(years), language=language)
    return {day: found[day] for day in sorted(found)}
