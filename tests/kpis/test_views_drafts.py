"""The pages of what if: drafts made, changed line by line, shared, applied and put away; nothing is saved before."""

from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import progress, tree
from goals.models import Draft, Goal, GoalFigures
from kpis.models import Kpi, Measurement
from tests.api.test_what_if import everything
from tests.cast import signed_in
from tests.goals import loading
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def works(db):
    """Case R01 on its date."""
    with time_machine.travel(loading.on("R01"), tick=False):
        yield loading.load("R01")


@pytest.fixture
def ada(works) -> Client:
    return signed_in(works.ada)


def begun(browser: Client, *keys: str) -> Draft:
    browser.post(reverse("kpis:whatif"), {"name": "Plan"})
    draft = Draft.objects.latest("pk")
    for key in keys:
        assert browser.post(reverse("kpis:draft_add", args=[draft.pk]), {"key": key}).status_code == 302
    return Draft.objects.get(pk=draft.pk)


def change(browser: Client, draft: Draft, key: str, htmx: bool = True, **sent):
    kind, pk = key.split("-")
    address = reverse("kpis:draft_change", args=[draft.pk, kind, pk])
    return browser.post(address, sent, headers={"HX-Request": "true"} if htmx else {})


def act(browser: Client, page: str, draft: Draft, /, *args, htmx: bool = False, **sent):
    address = reverse(f"kpis:{page}", args=[draft.pk, *args])
    return browser.post(address, sent, headers={"HX-Request": "true"} if htmx else {})


def shown(answer) -> str:
    return " ".join(answer.content.decode().split())


def of_goal(goal: Goal, **other) -> dict:
    return {"weight": str(goal.weight), "rollup_method": goal.rollup_method, "state": goal.state, **other}


def of_kpi(row: Kpi, **other) -> dict:
    return {"target": str(row.target), "weight": str(row.weight), "state": row.state, **other}


def test_before_the_first_draft_the_page_says_what_a_draft_is(ada):
    assert "No draft yet" in shown(ada.get(reverse("kpis:whatif")))


def test_w1_a_value_of_today_is_tried_and_told_at_once(works, ada):
    nps = works.kpis["nps"]
    draft = begun(ada, f"kpi-{nps.pk}")
    before = everything()
    answer = shown(change(ada, draft, f"kpi-{nps.pk}", **of_kpi(nps, actual="50")))
    assert "rises from 54.7% to 61.9%" in answer
    assert "+18" in answer
    assert "only tried" in answer
    after = everything()
    assert before.pop("Draft") != after.pop("Draft")
    assert before == after


def test_w2_a_goal_is_supposed_to_stand_elsewhere_with_another_weight(works, ada):
    goal, parent = works.goals["I3"], works.goals["D1"]
    draft = begun(ada, f"goal-{goal.pk}")
    change(ada, draft, f"goal-{goal.pk}", **of_goal(goal, weight="50"))
    answer = shown(act(ada, "draft_place", draft, goal.pk, htmx=True, parent=parent.pk))
    assert "falls from 54.7% to 51.2%" in answer
    assert "−16.7" in answer
    assert Goal.objects.get(pk=goal.pk).parent_id == works.goals["D3"].pk


def test_w3_a_weight_and_a_method(works, ada):
    goals = works.goals
    draft = begun(ada, f"goal-{goals['S3'].pk}", f"goal-{goals['D3'].pk}")
    change(ada, draft, f"goal-{goals['S3'].pk}", **of_goal(goals["S3"], weight="75"))
    answer = change(ada, draft, f"goal-{goals['D3'].pk}", **of_goal(goals["D3"], rollup_method="weakest_link"))
    assert "falls from 54.7% to 44.8%" in shown(answer)


def test_w4_the_value_of_a_period(works, ada):
    leads = works.kpis["leads"]
    draft = begun(ada, f"kpi-{leads.pk}")
    held = {row.period.isoformat(): str(row.value) for row in Measurement.objects.filter(kpi=leads)}
    answer = change(ada, draft, f"kpi-{leads.pk}", **of_kpi(leads), **held | {"2026-06-01": "150"})
    assert "rises from 54.7% to 55.2%" in shown(answer)
    assert Draft.objects.get().changes[0]["set"] == {"values": {"2026-06-01": "150"}}


def test_w5_where_a_goal_cannot_stand_it_is_not_offered_and_a_circle_is_told(works, ada):
    goals = works.goals
    draft = begun(ada, f"goal-{goals['S1'].pk}", f"goal-{goals['V'].pk}")
    places = ada.get(reverse("kpis:draft_place", args=[draft.pk, goals["S1"].pk]), headers={"HX-Request": "true"})
    assert goals["I1"].title not in shown(places)
    assert act(ada, "draft_place", draft, goals["S1"].pk, parent=goals["I1"].pk).status_code == 404
    answer = act(ada, "draft_place", draft, goals["V"].pk, htmx=True, parent=goals["S1"].pk)
    assert "A goal cannot stand below itself." in shown(answer)


def test_what_is_as_it_was_again_supposes_nothing(works, ada):
    goal = works.goals["S3"]
    draft = begun(ada, f"goal-{goal.pk}")
    change(ada, draft, f"goal-{goal.pk}", **of_goal(goal, weight="75"))
    change(ada, draft, f"goal-{goal.pk}", **of_goal(goal))
    assert [line["set"] for line in Draft.objects.get().changes] == [{}]
    assert "nothing follows" in shown(ada.get(reverse("kpis:draft", args=[draft.pk])))


def test_a_wrong_number_stays_at_its_field_and_is_not_supposed(works, ada):
    goal = works.goals["S3"]
    draft = begun(ada, f"goal-{goal.pk}")
    answer = change(ada, draft, f"goal-{goal.pk}", **of_goal(goal, weight="-2"))
    assert answer.status_code == 422
    assert "A weight is 0 or more" in shown(answer)
    assert Draft.objects.get().changes[0]["set"] == {}
    whole = change(ada, draft, f"goal-{goal.pk}", htmx=False, **of_goal(goal, weight="many"))
    assert whole.status_code == 422
    assert "Enter a number" in shown(whole)


def test_a_draft_is_applied_with_a_reason_as_promised(works, ada):
    goals, nps = works.goals, works.kpis["nps"]
    draft = begun(ada, f"goal-{goals['I3'].pk}", f"kpi-{nps.pk}")
    act(ada, "draft_place", draft, goals["I3"].pk, parent=goals["D1"].pk)
    change(ada, draft, f"kpi-{nps.pk}", **of_kpi(nps, target="41"))
    assert act(ada, "draft_apply", draft, reason="").status_code == 422
    draft.refresh_from_db()
    answer = act(ada, "draft_apply", draft, reason="Agreed", version=draft.version)
    assert answer.status_code == 302
    progress.roll_up(works.organisation.pk)
    stored = dict(GoalFigures.objects.values_list("goal_id", "progress"))
    for row in Draft.objects.get().effects:
        assert row["after"] is None or Decimal(row["after"]) == stored[row["goal"]]
    page = shown(ada.get(reverse("kpis:draft", args=[draft.pk])))
    assert "Applied by Ada" in page
    assert "What it did" in page


def test_what_moved_meanwhile_is_told_and_kept_only_when_asked(works, ada):
    goals = works.goals
    draft = begun(ada, f"goal-{goals['I3'].pk}")
    act(ada, "draft_place", draft, goals["I3"].pk, parent=goals["D1"].pk)
    tree.move(Goal.objects.get(pk=goals["I3"].pk), Goal.objects.get(pk=goals["D2"].pk), by=None)
    page = shown(ada.get(reverse("kpis:draft", args=[draft.pk])))
    assert "1 line no longer fits what is there." in page
    assert f"Stands below is {goals['D2'].title} by now" in page
    draft.refresh_from_db()
    refused = act(ada, "draft_apply", draft, reason="Now", version=draft.version)
    assert refused.status_code == 409
    assert "Nothing was applied" in shown(refused)
    assert Goal.objects.get(pk=goals["I3"].pk).parent_id == goals["D2"].pk
    act(ada, "draft_renew", draft)
    draft.refresh_from_db()
    assert act(ada, "draft_apply", draft, reason="Now", version=draft.version).status_code == 302
    assert Goal.objects.get(pk=goals["I3"].pk).parent_id == goals["D1"].pk


def test_a_page_that_is_older_than_the_draft_applies_nothing(works, ada):
    goal = works.goals["S3"]
    draft = begun(ada, f"goal-{goal.pk}")
    change(ada, draft, f"goal-{goal.pk}", **of_goal(goal, weight="75"))
    assert act(ada, "draft_apply", draft, reason="Now", version=1).status_code == 409
    assert Goal.objects.get(pk=goal.pk).weight == goal.weight


def test_a_draft_is_put_away_and_taken_up_again(works, ada):
    draft = begun(ada)
    act(ada, "draft_state", draft, state="discarded")
    assert "No draft yet" in shown(ada.get(reverse("kpis:whatif")))
    assert "was discarded" in shown(ada.get(reverse("kpis:draft", args=[draft.pk])))
    act(ada, "draft_state", draft, state="open")
    assert "Plan" in shown(ada.get(reverse("kpis:whatif")))
    assert act(ada, "draft_state", draft, state="applied").status_code == 404


@pytest.fixture
def secret(cast):
    """Ada's draft about an open goal, and about one that Cy may not see between it and the top."""
    top = cast.goal("Top")
    hidden = cast.goal("Hidden plan", top, visibility=Goal.Visibility.PRIVATE)
    own = cast.goal("Own", hidden, owner=cast.cy)
    kpi(own, "k", 40)
    number = kpi(hidden, "hidden", 10, name="Hidden number")
    rolled_up(top)
    ada = signed_in(cast.ada)
    draft = begun(ada, f"goal-{own.pk}", f"goal-{hidden.pk}", f"kpi-{number.pk}")
    change(ada, draft, f"goal-{own.pk}", **of_goal(own, weight="7"))
    change(ada, draft, f"goal-{hidden.pk}", **of_goal(hidden, weight="3"))
    return Draft.objects.get(pk=draft.pk)


def test_a_shared_draft_shows_only_what_its_reader_may_see(cast, secret):
    cy = signed_in(cast.cy)
    address = reverse("kpis:draft", args=[secret.pk])
    assert cy.get(address).status_code == 404
    act(signed_in(cast.ada), "draft_name", secret, name="Plan", shared="on")
    page = shown(cy.get(address))
    assert "Hidden" not in page
    assert "2 changes of something that you may not see" in page
    assert "Restricted goals are touched too" in page
    assert "Shared by others" in shown(cy.get(reverse("kpis:whatif")))
    assert signed_in(cast.eve).get(address).status_code == 404


@pytest.mark.parametrize(
    ("name", "args", "sent"),
    [
        ("draft_add", (), {"key": "goal-1"}),
        ("draft_name", (), {"name": "x"}),
        ("draft_state", (), {"state": "discarded"}),
        ("draft_renew", (), {}),
    ],
)
def test_only_its_maker_changes_a_draft(cast, secret, name, args, sent):
    assert act(signed_in(cast.cy), name, secret, *args, **sent).status_code == 404
    Draft.objects.update(shared=True)
    before = Draft.objects.values().get()
    assert act(signed_in(cast.cy), name, secret, *args, **sent).status_code == 403
    assert signed_in(cast.cy).get(reverse("kpis:draft_find", args=[secret.pk]), {"q": "o"}).status_code == 403
    assert Draft.objects.values().get() == before


def test_a_copy_holds_what_its_taker_may_see(cast, secret):
    Draft.objects.update(shared=True)
    act(signed_in(cast.cy), "draft_copy", secret)
    copy = Draft.objects.get(owner=cast.cy)
    assert [line["title"] for line in copy.changes] == ["Own"]
    assert (copy.shared, copy.name) == (False, "Plan")


def test_what_may_not_be_seen_is_neither_found_nor_added(cast, secret):
    cy = signed_in(cast.cy)
    draft = begun(cy)
    hidden, number = Goal.objects.get(title="Hidden plan"), Kpi.objects.get(name="Hidden number")
    assert "Hidden" not in shown(cy.get(reverse("kpis:draft_find", args=[draft.pk]), {"q": "hid"})).replace("“hid”", "")
    for key in (f"goal-{hidden.pk}", f"kpi-{number.pk}", "goal-999999", "unit-1", "goal-x", ""):
        assert act(cy, "draft_add", draft, key=key).status_code == 404
    own = Goal.objects.get(title="Own")
    act(cy, "draft_add", draft, key=f"goal-{own.pk}")
    assert act(cy, "draft_place", draft, own.pk, parent=hidden.pk).status_code == 404


def test_the_number_of_queries_does_not_depend_on_the_lines(works, ada):
    counts = []
    for number in (1, 3):
        keys = [f"goal-{goal.pk}" for goal in list(works.goals.values())[1 : number + 1]]
        draft = begun(ada, *keys, *[f"kpi-{each.pk}" for each in list(works.kpis.values())[:number]])
        for line in draft.changes:
            row = (Goal if line["kind"] == "goal" else Kpi).objects.get(pk=line["id"])
            sent = of_goal(row, weight="9") if line["kind"] == "goal" else of_kpi(row, weight="9")
            change(ada, draft, f"{line['kind']}-{line['id']}", **sent)
        with CaptureQueriesContext(connection) as queries:
            ada.get(reverse("kpis:draft", args=[draft.pk]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_draft_begins_with_a_goal_or_kpi_that_one_comes_from(cast, secret):
    cy, own = signed_in(cast.cy), Goal.objects.get(title="Own")
    page = shown(cy.get(reverse("kpis:whatif"), {"key": f"goal-{own.pk}"}))
    assert f'name="key" value="goal-{own.pk}"' in page
    cy.post(reverse("kpis:whatif"), {"key": f"goal-{own.pk}", "name": "Mine"})
    assert [line["title"] for line in Draft.objects.get(owner=cast.cy).changes] == ["Own"]
    for key in (f"goal-{Goal.objects.get(title='Hidden plan').pk}", "unit-1", "goal-x"):
        assert cy.get(reverse("kpis:whatif"), {"key": key}).status_code == 404
        assert cy.post(reverse("kpis:whatif"), {"key": key}).status_code == 404
    assert Draft.objects.filter(owner=cast.cy).count() == 1


def test_who_may_not_make_the_changes_is_told_before_and_may_share_them(cast, secret):
    cy, own = signed_in(cast.cy), Goal.objects.get(title="Own")
    top = Goal.objects.get(title="Top")
    draft = begun(cy, f"goal-{own.pk}", f"goal-{top.pk}")
    change(cy, draft, f"goal-{own.pk}", **of_goal(own, weight="7"))
    address = reverse("kpis:draft", args=[draft.pk])
    assert 'name="reason"' in shown(cy.get(address))
    change(cy, draft, f"goal-{top.pk}", **of_goal(top, weight="7"))
    page = shown(cy.get(address))
    assert "1 of these changes is not yours to make. Share the draft" in page
    assert 'name="reason"' not in page
    assert act(cy, "draft_apply", draft, reason="So", version=9).status_code == 409
    draft.refresh_from_db()
    assert act(cy, "draft_apply", draft, reason="So", version=draft.version).status_code == 403
    act(cy, "draft_place", draft, own.pk, parent=top.pk)
    assert "2 of these changes are not yours to make" in shown(cy.get(address))
    act(cy, "draft_name", draft, name="For Ada", shared="on")
    draft.refresh_from_db()
    assert 'name="reason"' in shown(signed_in(cast.ada).get(address))
    assert act(signed_in(cast.ada), "draft_apply", draft, reason="So", version=draft.version).status_code == 302
