"""Where KPIs come from, by the API: links, formulas, who sees and changes what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis import definitions
from kpis.models import Kpi
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure, rolled_up
from tests.cast import person


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def shop(cast):
    top = cast.goal("Sell", owner=cast.cy)
    cast.parts = [kpi(cast.goal(name, top), name=name, key=name.lower()) for name in ("North", "South", "East")]
    cast.total = kpi(top, name="Total", key="total")
    for place, part in enumerate(cast.parts, 1):
        measure(part, 1, place)
    rolled_up(cast.works)
    return cast


def path(kpi: Kpi) -> str:
    return f"kpis/{kpi.pk}/sources/"


def body(*parts: Kpi, **fields) -> dict:
    return {"method": "sum", "links": [{"kpi": part.pk} for part in parts], **fields}


def test_a_kpi_is_taken_from_others_and_told_so(shop):
    caller = Caller(shop.cy)
    north, south, _ = shop.parts
    answer = caller.put(path(shop.total), body(north, south, reason="One number"), **{"If-Match": '"1"'})
    assert answer.status_code == 200, answer.body
    assert (answer.body["version"], answer.body["source"], answer.body["method"]) == (2, "rollup", "sum")
    assert answer.headers["ETag"] == '"2"'
    rolled_up(shop.works)
    assert caller.get(f"kpis/{shop.total.pk}/").body["latest_value"] == "3"
    told = caller.get(path(shop.total)).body
    assert [(link["kpi"], link["key"], link["weight"]) for link in told["links"]] == [
        (north.pk, "north", "1"),
        (south.pk, "south", "1"),
    ]
    assert (told["hidden"], told["missing"], told["scale"]) == (0, None, "1")
    assert caller.get(path(north)).body["used_by"] == [shop.total.pk]
    stale = caller.put(path(shop.total), body(north), **{"If-Match": '"1"'})
    assert stale.status_code == 412
    assert caller.call("DELETE", path(shop.total), **{"If-Match": '"2"'}).status_code == 204
    assert caller.get(path(shop.total)).body["source"] == "manual"


def test_who_may_not_edit_it_is_refused(shop):
    north = shop.parts[0]
    fay = person(shop.works, "Fay", "member", unit=shop.team)
    for who in (shop.dee, fay):
        assert Caller(who).put(path(shop.total), body(north)).status_code == 403
        assert Caller(who).delete(path(shop.total)).status_code == 403
        assert Caller(who).get(path(shop.total)).status_code == 200
    for method, data in (("GET", None), ("PUT", body(north)), ("DELETE", None)):
        assert Caller(shop.eve).call(method, path(shop.total), data).status_code == 404
    assert Kpi.objects.get(pk=shop.total.pk).source == "manual"


def test_what_is_wrong_is_told_at_its_field(shop):
    caller, north = Caller(shop.ada), shop.parts[0]
    quarter = kpi(shop.total.goal, name="Q", key="q", cadence="quarterly")
    wrong = {
        ("links", "required"): body(),
        ("links", "given_twice"): body(north, north),
        ("links", "coarser_cadence"): body(quarter),
        ("links", "denominator_missing"): body(north, method="ratio"),
    }
    for told, sent in wrong.items():
        answer = caller.put(path(shop.total), sent)
        assert (answer.status_code, codes(answer)) == (400, {told}), answer.body
    theirs = caller.put(path(shop.total), {"method": "sum", "links": [{"kpi": 99999}]})
    assert codes(theirs) == {("links.0.kpi", "does_not_exist")}
    assert caller.put(path(shop.total), body(shop.total)).body["code"] == "kpi_cycle"


def test_a_formula_is_written_read_and_refused(shop):
    caller = Caller(shop.ada)
    answer = caller.patch(f"kpis/{shop.total.pk}/", {"formula": "north / south * 100"})
    assert (answer.status_code, answer.body["source"]) == (200, "formula")
    rolled_up(shop.works)
    assert caller.get(f"kpis/{shop.total.pk}/").body["latest_value"] == "50"
    for formula, code in (("north +", "formula_invalid"), ("north + west", "unknown_key"), ("", "required")):
        answer = caller.patch(f"kpis/{shop.total.pk}/", {"formula": formula, "source": "formula"})
        assert codes(answer) == {("formula", code)}
    circle = caller.patch(f"kpis/{shop.parts[0].pk}/", {"formula": "total"})
    assert (circle.status_code, circle.body["code"]) == (409, "kpi_cycle")
    assert codes(caller.patch(f"kpis/{shop.total.pk}/", {"formula": "north", "source": "api"})) == {
        ("formula", "not_used")
    }
    assert codes(caller.patch(f"kpis/{shop.total.pk}/", {"source": "rollup"})) == {("source", "needs_links")}
    made = caller.post("kpis/", {"goal": shop.total.goal_id, "name": "Twice", "target": "9", "formula": "north * 2"})
    assert (made.status_code, made.body["formula"]) == (201, "north * 2")
    assert caller.delete(f"kpis/{shop.parts[0].pk}/").status_code == 409


def test_a_value_of_it_cannot_be_entered(shop):
    caller = Caller(shop.ada)
    caller.put(path(shop.total), body(*shop.parts))
    for answer in (
        caller.put(f"kpis/{shop.total.pk}/measurements/2026-01-01/", {"value": "3"}),
        caller.post("measurements/bulk/", {"rows": [{"kpi": shop.total.pk, "date": "2026-01-01", "value": "3"}]}),
    ):
        assert answer.status_code == 400
        assert "calculated" in str(answer.body)


def test_hidden_sources_are_counted_named_nowhere_and_kept(shop):
    north, south, east = shop.parts
    definitions.revise(shop.total, by=None, source="rollup", method="sum", links=[{"source": p.pk} for p in shop.parts])
    double = kpi(shop.total.goal, name="Double", key="double")
    definitions.revise(double, by=None, source="formula", formula="total * 2 + south")
    south.goal.revise(by=None, visibility="private", owner=shop.ada)
    rolled_up(shop.works)
    caller = Caller(shop.cy)
    told = caller.get(path(shop.total)).body
    assert ([link["kpi"] for link in told["links"]], told["hidden"]) == ([north.pk, east.pk], 1)
    assert "south" not in str(told)
    assert caller.get(f"kpis/{double.pk}/").body["formula"] == "total * 2 + …"
    assert caller.get(f"kpis/{shop.total.pk}/").body["latest_value"] == "6"
    assert caller.put(path(shop.total), body(north)).status_code == 200
    assert {link["source"] for link in Kpi.objects.get(pk=shop.total.pk).links} == {north.pk, south.pk}
    row = caller.get(f"kpis/{double.pk}/").body
    back = caller.patch(f"kpis/{double.pk}/", {**row, "reason": ""})
    assert back.body.get("formula") == "total * 2 + …"
    assert Kpi.objects.get(pk=double.pk).formula == "total * 2 + south"
    unseen = caller.patch(f"kpis/{double.pk}/", {"formula": "south"})
    assert unseen.status_code == 200, "what it was calculated from already may stay"


def test_a_past_moment_and_a_past_date_are_calculated(shop, clock):
    caller = Caller(shop.ada)
    caller.put(path(shop.total), body(*shop.parts))
    measure(shop.parts[0], 2, 10)
    measure(shop.parts[1], 2, 10)
    measure(shop.parts[2], 2, 10)
    rolled_up(shop.works)
    assert caller.get(f"kpis/{shop.total.pk}/").body["latest_value"] == "30"
    assert caller.get(f"kpis/{shop.total.pk}/?as_of=2026-01-31").body["latest_value"] == "6"
    january = caller.get(f"kpis/{shop.total.pk}/measurements/?as_of=2026-01-31").body["results"]
    assert [(row["period"], row["value"]) for row in january] == [("2026-01-01", "6")]
    now = caller.get(f"kpis/{shop.total.pk}/measurements/").body["results"]
    assert [row["value"] for row in now] == ["6", "30"]


def test_queries_do_not_grow_with_the_links(shop):
    caller, counts = Caller(shop.ada), []
    for parts in (shop.parts[:1], shop.parts):
        caller.put(path(shop.total), body(*parts))
        with CaptureQueriesContext(connection) as queries:
            caller.get(path(shop.total))
        with CaptureQueriesContext(connection) as written:
            caller.put(path(shop.total), body(*parts, missing="zero"))
        counts.append((len(queries), len(written)))
    assert counts[0] == counts[1]
