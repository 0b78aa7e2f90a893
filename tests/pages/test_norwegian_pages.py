"""Whoever reads Norwegian finds no English on any page."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from goals.models import Goal
from kpis.models import Kpi
from people.models import Person
from tests.goals.measuring import kpi, rolled_up
from tests.locale.catalogue import messages
from tests.pages.conftest import signed_in
from tests.pages.reading import Reading

WORD = re.compile(r"[a-zæøåé]{2,}", re.IGNORECASE)
MARKUP = re.compile(r"<[^>]+>|%\(\w+\)[sd]|\{\w+\}")
SPOKEN = re.compile(r'\s(?:aria-label|title|placeholder|alt|data-label|label)="([^"]*)"')
NAMES = {"works", "sales", "inside", "strategic", "department", "team", "individual", "customer", "ada", "bo", "cy"}
ALSO_WRITTEN_SO = {
    "api",
    "kpi",
    "rest",
    "enter",
    "esc",
    "ctrl",
    "shift",
    "tab",
    "alt",
    "insert",
    "home",
    "end",
    "demo",
}
PROPER = re.compile(r"Microsoft Teams|Teams|New Zealand|New Caledonia")
ALSO_NORWEGIAN = {"hold", "it", "median", "sent", "tell", "time"}
VAGUE = {"better", "improve", "support"}  # looked for in titles of either language, and shown in its settings


def spoken(page: str) -> str:
    """All that eyes and ears get: the text, and what attributes say."""
    said = " ".join(html.unescape(text) for text in SPOKEN.findall(page))
    return PROPER.sub(" ", f"{Reading(page).text} {said}")


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Words that Cascade uses in English and never in Norwegian."""
    catalogue = messages(settings.BASE_DIR / "locale" / "nb" / "LC_MESSAGES" / "django.po")
    ours = {
        word.lower() for each in catalogue for word in WORD.findall(MARKUP.sub(" ", each.words + " " + each.plural))
    }
    theirs = {word.lower() for each in catalogue for word in WORD.findall(MARKUP.sub(" ", " ".join(each.said)))}
    return ours - theirs - NAMES - ALSO_WRITTEN_SO - ALSO_NORWEGIAN - VAGUE


@pytest.fixture
def company(cast) -> tuple[Goal, Goal, Kpi]:
    """A strategic goal over another one; KPIs with and without values, of each kind."""
    top = cast.goal("Vekst", owner=cast.ada, perspective=cast.customer, why="Flere skal bli")
    below = cast.goal("Raskere svar", top, owner=cast.cy, unit=cast.team, due=dt.date.today() + dt.timedelta(days=9))
    cast.goal("Stille uker", top, owner=cast.bo, state=Goal.State.PAUSED)
    kpi(top, "fornoyd", 44, name="Fornøyde kunder")
    asked = {"direction": "decrease", "baseline": Decimal(50), "target": Decimal(10)}
    fast = kpi(below, "svartid", 30, name="Svartid", unit="min", **asked)
    kpi(below, "ferdig", None, name="Ferdig", cadence="weekly")
    cast.ada.language = cast.cy.language = "nb"
    for person in (cast.ada, cast.cy):
        person.save()
    return rolled_up(top), below, fast


def patterns(resolver, namespace: str = ""):
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield namespace, each
        elif not str(each.pattern).startswith("api/"):
            yield from patterns(each, each.namespace or namespace)


def addresses(goal: Goal, measured: Kpi):
    """Every page whose address names nothing, a goal or a KPI."""
    for namespace, pattern in patterns(get_resolver()):
        named = {"goal_id": goal.pk, "kpi_id": measured.pk, "pk": measured.pk if namespace == "kpis" else goal.pk}
        wanted = pattern.pattern.converters.keys() or re.compile(str(pattern.pattern)).groupindex.keys()
        if pattern.name and set(wanted) <= named.keys():
            name = f"{namespace}:{pattern.name}" if namespace else pattern.name
            yield reverse(name, kwargs={key: named[key] for key in wanted})


def shown(client: Client, address: str, **headers) -> str:
    """What a GET shows; nothing where there is no page."""
    answer = client.get(address, headers=headers)
    is_page = answer.status_code in (200, 404) and answer.get("Content-Type", "").startswith("text/html")
    return answer.text if is_page and not answer.streaming else ""


def leftovers(client: Client, company, english: set[str], **headers) -> tuple[int, dict[str, list[str]]]:
    _top, below, fast = company
    pages, found = 0, {}
    for address in addresses(below, fast):
        page = shown(client, address, **headers)
        pages += bool(page)
        words = {word.lower() for word in WORD.findall(spoken(page))} & english
        if words:
            found[address] = sorted(words)
    return pages, found


def test_no_page_has_english_left(cast, company, english):
    for person in (cast.ada, cast.cy):
        pages, found = leftovers(signed_in(person), company, english)
        assert found == {}
        assert pages > 20


def test_no_part_that_a_script_asks_for_has_english_left(cast, company, english):
    pages, found = leftovers(signed_in(cast.ada), company, english, hx_request="true")
    assert found == {}
    assert pages > 20


def test_strangers_find_no_english(cast, company, english):
    pages = [
        Client(headers={"accept-language": "nb"}).get(reverse(name)).text
        for name in ("account_login", "account_reset_password", "account_reset_password_done", "account_signup")
    ]
    assert {word.lower() for page in pages for word in WORD.findall(spoken(page))} & english == set()


def test_refusals_are_norwegian(cast, company, english):
    reader = signed_in(Person.objects.get(pk=cast.ada.pk))
    said = spoken(reader.get("/goals/999999/").text) + spoken(reader.get("/nowhere/").text)
    assert {word.lower() for word in WORD.findall(said)} & english == set()


def test_english_is_noticed(cast, company, english):
    cast.cy.language = "en"
    cast.cy.save()
    _pages, found = leftovers(signed_in(cast.cy), company, english)
    assert len(found) > 20
