"""The form that says where a KPI's values come from, its preview, and the page that tells it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from goals import progress
from kpis import definitions
from kpis.forms import KpiForm
from kpis.models import Kpi
from kpis.rolled import double
from kpis.rolled.double import Twice
from tests.api.calling import Caller
from tests.kpis.measuring import record
from tests.kpis.test_rolled import made, shop, summed

__all__ = ["shop"]


@pytest.fixture
def ada(shop) -> Client:
    client = Client()
    client.force_login(shop.ada)
    return client


def typed(shop, kpi: Kpi | None = None, **fields) -> dict:
    """What the form sends that shows a KPI, with other things typed in."""
    form = KpiForm(person=shop.ada, goal=kpi.goal if kpi else shop.top, kpi=kpi)
    shown = {name: form[name].value() for name in form.fields if name != "links"}
    sent = {name: "" if value is None else value for name, value in shown.items()}
    return sent | {"name": "Orders", "target": "100", "baseline": "0", "aggregation": "sum", **fields}


def rows(*texts: str, **columns) -> dict:
    given = {"kpi": list(texts)} | columns
    names = ("kpi", "denominator", "weight", "since", "until")
    return {f"link_{name}": given.get(name, [""] * len(texts)) for name in names}


def test_a_kpi_is_taken_from_others_in_the_form(shop, ada):
    links = rows("orders_north [orders_north]", "orders_south", "", since=["", "2026-02-01", ""])
    sent = typed(shop, source="rollup", method="sum", **links)
    answer = ada.post(reverse("kpis:new", args=[shop.top.pk]), sent)
    assert answer.status_code == 302, answer.context["form"].errors
    kpi = Kpi.objects.get(name="Orders")
    progress.roll_up(shop.works.pk)
    assert dict(kpi.measurements.values_list("period", "value")) == {dt.date(2026, 1, 1): 3, dt.date(2026, 2, 1): 10}
    page = ada.get(reverse("kpis:edit", args=[kpi.pk])).content.decode()
    assert 'value="orders_south [orders_south]"' in page
    assert 'value="2026-02-01"' in page
    same = typed(shop, kpi, source="rollup", method="sum", **rows("orders_north [orders_north]"))
    assert ada.post(reverse("kpis:edit", args=[kpi.pk]), same).status_code == 302
    assert [link["source"] for link in Kpi.objects.get(pk=kpi.pk).links] == [shop.orders[0].pk]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"source": "formula", "formula": "orders_north +"}, "formula", "missing at the end"),
        ({"source": "formula", "formula": "nobody * 2"}, "formula", "nobody"),
        ({"source": "rollup", "method": "sum", **rows("Nobody")}, "links", "No KPI is called Nobody"),
        ({"source": "rollup", "method": "sum", **rows("")}, "links", "at least one"),
        ({"source": "rollup", "method": "sum", **rows("orders_north", since=["soon"])}, "links", "valid date"),
        ({"source": "rollup", "method": "weighted_mean", **rows("orders_north", weight=["much"])}, "links", "number"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_beside_it(shop, ada, fields, field, words):
    sent = typed(shop, **fields)
    answer = ada.post(reverse("kpis:new", args=[shop.top.pk]), sent)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    preview = ada.post(reverse("kpis:preview_new_values", args=[shop.top.pk]), sent)
    assert words in preview.content.decode()
    assert not Kpi.objects.filter(name="Orders").exists()


def test_a_circle_is_told_at_the_formula(shop, ada):
    made(shop, "double", source="formula", formula="orders_north * 2")
    north = shop.orders[0]
    sent = typed(shop, north, name=north.name, source="formula", formula="double")
    for url in (reverse("kpis:edit", args=[north.pk]), reverse("kpis:preview_values", args=[north.pk])):
        assert "orders_north &gt; double &gt; orders_north" in ada.post(url, sent).content.decode()


def test_the_preview_shows_values_and_saves_nothing(shop, ada):
    versions = Kpi.history.count()
    sent = typed(shop, source="formula", formula="orders_north * 10", unit="kr")
    preview = ada.post(reverse("kpis:preview_new_values", args=[shop.top.pk]), sent).content.decode()
    assert "40" in preview
    assert "<svg" in preview
    assert "This counts twice" in preview, "the goal North counts in the goal above already"
    assert Kpi.history.count() == versions
    assert (
        "origin" not in ada.post(reverse("kpis:preview_new_values", args=[shop.top.pk]), typed(shop)).content.decode()
    )


def test_what_counts_twice_is_found_everywhere(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    summed(shop, "elsewhere", *shop.orders)
    assert double.everywhere(shop.works) == [Twice(total.pk, each.pk, shop.top.pk) for each in shop.orders]
    definitions.revise(total, by=None, weight=Decimal(0))
    assert double.everywhere(shop.works) == []


def test_the_page_tells_where_values_come_from_and_takes_none(shop, ada):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    progress.roll_up(shop.works.pk)
    page = ada.get(reverse("kpis:detail", args=[total.pk])).content.decode()
    assert "In each period the sum of these KPIs." in page
    assert reverse("kpis:detail", args=[shop.orders[0].pk]) in page
    assert "Enter a value" not in page
    for goal, kpi, is_entered in ((shop.top, total, False), (shop.north, shop.orders[0], True)):
        of_goal = ada.get(reverse("goals:detail", args=[goal.pk])).content.decode()
        assert (reverse("kpis:begin_value", args=[kpi.pk]) in of_goal) is is_entered
    below = ada.get(reverse("kpis:detail", args=[shop.orders[0].pk])).content.decode()
    assert "Calculated from it" in below
    assert "Enter a value" in below


def test_what_one_may_not_see_is_counted_and_not_named(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    definitions.revise(total, by=None, name="Everything")
    twice = made(shop, "twice", shop.top, source="formula", formula="orders + orders_south")
    shop.top.revise(by=None, owner=shop.cy)
    shop.south.revise(by=None, visibility="private", owner=shop.ada)
    record(shop.orders[1], dt.date(2026, 3, 1), "7654321")
    progress.roll_up(shop.works.pk)
    cy = Client()
    cy.force_login(shop.cy)
    for kpi in (total, twice):
        for name in ("detail", "edit"):
            page = cy.get(reverse(f"kpis:{name}", args=[kpi.pk])).content.decode()
            assert "orders_south" not in page
            assert "7654321" not in page.replace("\xa0", "").replace(",", "")
            assert "a KPI that you may not see" in page
    found = cy.get(reverse("kpis:find_kpi"), {"q": "orders"}).content.decode()
    assert "orders_north" in found
    assert "orders_south" not in found
    typed_in = QueryDict(urlencode(typed(shop, total) | rows("orders_north"), doseq=True))
    form = KpiForm(typed_in, person=shop.cy, goal=total.goal, kpi=total)
    assert form.is_valid(), form.errors
    assert {link["source"] for link in form.cleaned_data["links"]} == {each.pk for each in shop.orders}
    sent = typed(shop, twice, name="Twice", formula="1")
    assert cy.post(reverse("kpis:edit", args=[twice.pk]), sent).status_code == 302
    assert Kpi.objects.get(pk=twice.pk).formula == "orders + orders_south"


def test_who_may_not_edit_gets_no_preview(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    dee = Client()
    dee.force_login(shop.dee)
    sent = typed(shop, total, name="Orders", source="formula", formula="orders_north")
    assert dee.post(reverse("kpis:preview_values", args=[total.pk]), sent).status_code == 403
    assert dee.post(reverse("kpis:preview_new_values", args=[shop.top.pk]), sent).status_code == 403
    eve = Client()
    eve.force_login(shop.eve)
    assert eve.post(reverse("kpis:preview_values", args=[total.pk]), sent).status_code == 404


def test_the_calculation_goes_down_to_what_was_measured(shop, ada):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    rate = made(shop, "rate", shop.top, source="formula", formula="orders / visits_north * 100")
    progress.roll_up(shop.works.pk)
    url = reverse("goals:explain", args=[shop.top.pk])
    page = ada.get(url, {"how": f"{total.pk},{rate.pk}"}).content.decode()
    assert "4 + 6" in page
    assert "10 ÷ 100 × 100" in page
    lines = [
        line.split(",")
        for line in ada.get(reverse("goals:explain_csv", args=[shop.top.pk])).getvalue().decode().splitlines()
    ]
    assert sum(cells[2] == "input" for cells in lines) == 2 + 2 + 2
    [then] = [
        k
        for k in Caller(shop.ada).get(f"goals/{shop.top.pk}/explain/?as_of=2026-01-31").body["parts"]
        if k["id"] == total.pk
    ]
    inputs = then["calculation"]["inputs"]
    assert (inputs["period"], inputs["value"], inputs["formula"]) == ("2026-01-01", "8", "3 + 5")
    shop.south.revise(by=None, visibility="private", owner=shop.ada)
    shop.top.revise(by=None, owner=shop.cy)
    told = Caller(shop.cy).get(f"goals/{shop.top.pk}/explain/").body
    assert "orders_south" not in str(told)
    [now] = [part for part in told["parts"] if part["id"] == total.pk]
    assert [(part["kpi"], part["count"], part["value"]) for part in now["calculation"]["inputs"]["parts"]] == [
        (shop.orders[0].pk, 1, "4"),
        (None, 1, None),
    ]
    assert now["calculation"]["inputs"]["formula"] == ""
    assert [part["calculation"]["inputs"] for part in told["parts"] if part["kind"] == "kpi"].count(None) == 0
