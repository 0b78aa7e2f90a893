"""The pages and the API of the health checks: to whom they tell what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.api.calling import Caller
from tests.cast import signed_in
from tests.insights.test_checks import clock, company, h3, h11

__all__ = ["clock", "company"]


def page(person, name="overview", *args, status=200, **query) -> str:
    answer = signed_in(person).get(reverse(f"insights:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def test_with_nothing_to_mend_the_page_says_so(cast, company):
    shown = page(cast.ada)
    assert "Nothing to mend" in shown
    assert "20 checks found nothing" in shown


def test_what_was_found_leads_to_what_mends_it_for_who_may(cast, company):
    h3(company), h11(company)
    shown = page(cast.ada)
    assert "Goals that are nobody’s" in shown or "Goals that are nobody&#x27;s" in shown
    assert reverse("goals:edit", args=[company.below[0].pk]) in shown
    assert "<b>92</b> of 100 assigned" in shown
    for_cy = page(cast.cy)
    assert "Grow below" in for_cy
    assert reverse("goals:edit", args=[company.below[0].pk]) not in for_cy


def test_one_check_is_paged_and_an_unknown_one_is_not_there(cast, company):
    for number in range(51):
        cast.goal(f"Nobody's {number:02}", company.tops[0], owner=None)
    first, second = page(cast.ada, "one", "without_owner"), page(cast.ada, "one", "without_owner", skip=50)
    assert "1 more" in first
    assert first.count("Choose an owner") == 50
    assert second.count("Choose an owner") == 1
    assert "Nothing to mend here" in page(cast.ada, "one", "stale")
    page(cast.ada, "one", "nonsense", status=404)


def test_another_organisation_sees_nothing_of_it(cast, company):
    h3(company)
    assert "Grow" not in page(cast.eve)
    assert page(cast.eve, "one", "without_owner", status=404 if "No cycle" in page(cast.eve) else 200).find("Grow") < 0


@pytest.mark.parametrize("name", ["overview", "one"])
def test_the_pages_cost_the_same_whatever_is_found(cast, company, name):
    args = ["without_owner"] if name == "one" else []

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            page(cast.cy, name, *args)
        return len(found)

    cast.goal("Nobody's", company.tops[0], owner=None)
    queries()
    before = queries()
    for number in range(3):
        cast.goal(f"Nobody's {number}", company.tops[0], owner=None)
    assert queries() == before


def test_the_api_tells_checks_and_what_one_found(cast, company):
    h3(company)
    ada = Caller(cast.ada, "read")
    body = ada.get("insights/").body
    assert body["cycle"] == cast.cycle.pk
    counts = {each["check"]: each["count"] for each in body["checks"]}
    assert len(counts) == 20
    assert counts["without_owner"] == 1
    assert all(each["findings"] == [] for each in body["checks"])
    assert body["coverage"]["goals"] == {"part": 6, "whole": 6}
    [one] = ada.get("insights/?check=without_owner").body["checks"]
    assert [(each["kind"], each["id"], each["says"]) for each in one["findings"]] == [
        ("goal", company.below[0].pk, "No owner")
    ]


def test_the_api_refuses_what_it_does_not_know_and_hides_what_may_not_be_seen(cast, company):
    secret = cast.goal("Secret", company.tops[0], owner=None, visibility="private")
    assert Caller(cast.ada, "read").get("insights/?check=nonsense").status_code == 400
    assert Caller(cast.ada, "read").get("insights/?cheque=stale").status_code == 400
    assert Caller().get("insights/").status_code == 401
    ask = "insights/?check=without_owner"
    told = {who: Caller(getattr(cast, who), "read").get(ask).body["checks"][0]["count"] for who in ("ada", "cy")}
    assert told == {"ada": 1, "cy": 0}
    assert secret.pk
