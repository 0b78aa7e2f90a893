"""No page weighs more than 150 kB on the wire, charts left out: they come when a reader gets to them."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from tests.goals.measuring import kpi, rolled_up
from tests.pages.conftest import signed_in

MOST = 150_000
ASKED_FOR = re.compile(r'/static/([^"\'#?\s]+)')
IMPORTED = re.compile(r'\bfrom\s+"(\.[^"]+)"|\bimport\s*\(?\s*"(\.[^"]+)"')
LATER = ("vendor/plotly",)
COMPRESSED = {".woff2", ".png", ".pdf"}


def files(page: str) -> dict[str, Path]:
    """What a page makes the browser fetch: what it names, and what scripts import."""
    found: dict[str, Path] = {}
    waiting = [name for name in ASKED_FOR.findall(page) if not name.startswith(LATER)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = Path(finders.find(name) or pytest.fail(f"{name} is not there"))
        found[name] = path
        if path.suffix == ".js":
            folder = Path(name).parent
            for one, other in IMPORTED.findall(path.read_text()):
                waiting.append(str((Path("/") / folder / (one or other)).resolve().relative_to("/")))
    return found


def weight(content: bytes, suffix: str) -> int:
    return len(content) if suffix in COMPRESSED else len(gzip.compress(content, 6))


def weights(page: str) -> dict[str, int]:
    told = {name: weight(path.read_bytes(), path.suffix) for name, path in files(page).items()}
    return {"the page itself": weight(page.encode(), ".html"), **told}


@pytest.fixture
def company(cast) -> dict[str, str]:
    """A cycle of 120 goals, a hundred of them below one, and the addresses of the pages that show them."""
    top = cast.goal("Serve every customer within a day", owner=cast.cy, why="Waiting costs us")
    for number in range(100):
        below = cast.goal(f"Answer the tickets of region {number} within the shift", top, owner=cast.cy, unit=cast.team)
        if number < 19:
            cast.goal(f"Train the evening shift of region {number}", below, owner=cast.bo)
    measured = kpi(top, "speed", 40, name="Average response time", unit="h")
    rolled_up(top)
    goal = {"goal_id": top.pk}
    return {
        "line of sight": "/",
        "goals": reverse("goals:tree"),
        "goal": reverse("goals:detail", args=[top.pk]),
        "calculation": reverse("goals:explain", args=[top.pk]),
        "edit a goal": reverse("goals:edit", kwargs=goal),
        "break down": reverse("kpis:break_down", kwargs=goal),
        "KPI": reverse("kpis:detail", args=[measured.pk]),
        "edit a KPI": reverse("kpis:edit", args=[measured.pk]),
        "dashboard": reverse("goals:dashboard"),
        "what if": reverse("kpis:whatif"),
        "strategy map": "/strategy-map/",
        "reviews": "/reviews/",
    }


def test_no_page_is_heavy(cast, company):
    reader = signed_in(cast.ada)
    heavy = {}
    for name, address in company.items():
        answer = reader.get(address)
        assert answer.status_code == 200, name
        found = weights(answer.text)
        if sum(found.values()) > MOST:
            heaviest = sorted(found.items(), key=lambda each: -each[1])[:6]
            heavy[name] = (sum(found.values()), heaviest)
    assert heavy == {}


def test_the_door_is_light(cast):
    assert sum(weights(Client().get(reverse("account_login")).text).values()) < MOST


def test_charts_come_later(cast, company):
    page = signed_in(cast.ada).get(company["dashboard"]).text
    assert "vendor/plotly" not in "".join(re.findall(r"<(?:script|link)[^>]*>", page))
