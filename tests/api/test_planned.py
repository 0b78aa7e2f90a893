"""Over the API: alignments, comments, initiatives, success factors, processes, resources, and a KPI's links to them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals.models import Alignment, Comment
from kpis.models import Initiative, Process, Resource, SuccessFactor
from tests.api.calling import Caller, codes
from tests.goals.measuring import kpi
from tests.planning import alignment, comment, factor, initiative, process, resource


@pytest.fixture
def bo(cast):
    return Caller(cast.bo)


@pytest.fixture
def dee(cast):
    return Caller(cast.dee)


@pytest.fixture
def goals(cast):
    """Left, of Bo, measured by one KPI; Right, of Cy; and one that only Ada sees."""
    top = cast.goal("Top")
    left, right = cast.goal("Left", top, owner=cast.bo), cast.goal("Right", top, owner=cast.cy)
    kpi(left, "calls", 40)
    return left, right, cast.goal("Secret", top, owner=cast.ada, visibility="private")


def made(cast, goals) -> dict:
    """One of each, on Left, by address."""
    left, right, _ = goals
    return {
        "alignments": alignment(cast, left, right, note="Fewer calls"),
        "comments": comment(cast, left, by=cast.bo),
        "initiatives": initiative(cast, left, kpis=[left.kpis.get()], milestones=[{"title": "Order"}]),
        "success-factors": factor(cast, left, kpis=[left.kpis.get()]),
        "processes": process(cast, kpis=[left.kpis.get()], owner=cast.bo),
        "resources": resource(cast, goals=[left], kpis=[left.kpis.get()]),
    }


def news(goals) -> dict:
    left, right, _ = goals
    measured = left.kpis.get().pk
    return {
        "alignments": {"goal": left.pk, "supports": right.pk, "note": "Fewer calls"},
        "initiatives": {
            "title": "Stock two depots",
            "goals": [left.pk],
            "kpis": [measured],
            "due": "2026-09-06",
            "milestones": [{"title": "Order", "done_on": "2026-08-01"}],
        },
        "success-factors": {"goal": left.pk, "name": "Spare parts at hand", "kpis": [measured]},
        "processes": {"name": "Purchasing", "url": "https://wiki.example/buy", "kpis": [measured]},
        "resources": {"title": "How to stock", "kind": "training", "text": "Count.", "goals": [left.pk]},
        f"goals/{left.pk}/comments": {"text": "Well done @Cy"},
    }


KINDS = ("alignments", "initiatives", "success-factors", "processes", "resources")


@pytest.mark.parametrize("kind", KINDS)
def test_editors_make_them_and_others_may_not(cast, goals, bo, cy, dee, eve, kind):
    given = news(goals)[kind]
    answer = bo.post(f"{kind}/", given)

    assert answer.status_code == 201, answer.body
    assert {name: answer.body[name] for name in given if name != "milestones"} == {
        name: value for name, value in given.items() if name != "milestones"
    }
    assert answer.headers["ETag"] == '"1"'
    assert bo.get(f"{kind}/{answer.body['id']}/").body == answer.body
    assert cy.post(f"{kind}/", given).status_code == dee.post(f"{kind}/", given).status_code == 403
    assert eve.post(f"{kind}/", given).status_code == 400


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_changed_with_the_version_that_was_read(cast, goals, bo, cy, eve, kind):
    row = made(cast, goals)[kind]
    field = {"initiatives": "title", "resources": "title", "alignments": "note"}.get(kind, "name")
    address = f"{kind}/{row.pk}/"

    assert eve.patch(address, {field: "New"}).status_code == 404
    assert (cy.patch(address, {field: "New"}).status_code == 403) is (kind != "alignments")  # Cy owns what is supported
    late = bo.patch(address, {field: "Late"}, **{"If-Match": '"7"'})
    assert late.status_code == 412
    version = type(row).objects.get(pk=row.pk).version
    answer = bo.patch(address, {field: "Newer", "reason": "Clearer"}, **{"If-Match": f'"{version}"'})
    assert (answer.status_code, answer.body[field], answer.body["version"]) == (200, "Newer", version + 1)
    last = type(row).history.filter(id=row.pk).latest()
    assert (last.history_user, last.history_change_reason) == (cast.bo, "Clearer")


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_taken_away(cast, goals, bo, dee, eve, kind):
    row = made(cast, goals)[kind]

    assert dee.delete(f"{kind}/{row.pk}/").status_code == 403
    assert eve.delete(f"{kind}/{row.pk}/").status_code == 404
    assert bo.delete(f"{kind}/{row.pk}/").status_code == 204
    assert bo.get(f"{kind}/{row.pk}/").status_code == 404
    assert type(row).history.filter(id=row.pk).latest().history_user == cast.bo


@pytest.mark.parametrize("kind", [*KINDS, "comments"])
def test_lists_take_as_many_queries_for_one_as_for_three(cast, goals, ada, kind):
    left, right, secret = goals

    def queries():
        with CaptureQueriesContext(connection) as found:
            answer = ada.get(f"{kind}/")
        return len(found), answer.body["count"]

    made(cast, goals)
    ada.get(f"{kind}/")
    one, count = queries()
    assert count == 1
    for number in (2, 3):
        more = kpi(right, f"more{number}")
        alignment(cast, [left, right][number - 2], secret)
        comment(cast, right, "@Bo @Cy")
        initiative(cast, right, left, kpis=[more], milestones=[{"title": "A"}, {"title": "B"}])
        factor(cast, right, kpis=[more])
        process(cast, f"P{number}", kpis=[more])
        resource(cast, f"R{number}", goals=[left, right], levels=cast.levels, kpis=[more])
    assert queries() == (one, 3)


FILTERS = {
    "alignments": ("goal={left}", "supports={right}"),
    "comments": ("goal={left}", "author={bo}", "since=2000-01-01T00:00:00Z"),
    "initiatives": ("goal={left}", "kpi={kpi}", "owner=none", "state=planned", "overdue=false"),
    "success-factors": ("goal={left}", "kpi={kpi}", "perspective=none", "covered=true"),
    "processes": ("kpi={kpi}", "owner={bo}"),
    "resources": ("goal={left}", "kpi={kpi}", "kind=guide"),
}
OTHERS = {
    "alignments": ("goal={right}", "supports={left}"),
    "comments": ("goal={right}", "author={cy}", "mentioned={cy}", "since=2100-01-01T00:00:00Z"),
    "initiatives": ("goal={right}", "owner={bo}", "state=done", "overdue=true"),
    "success-factors": ("goal={right}", "covered=false"),
    "processes": ("owner=none",),
    "resources": ("goal={right}", "kind=training", "level={level}"),
}


@pytest.mark.parametrize("kind", FILTERS)
def test_lists_are_filtered(cast, goals, ada, kind):
    made(cast, goals)
    left, right, _ = goals
    named = {
        "left": left.pk,
        "right": right.pk,
        "kpi": left.kpis.get().pk,
        "bo": cast.bo.pk,
        "cy": cast.cy.pk,
        "level": cast.levels[0].pk,
    }
    counts = [ada.get(f"{kind}/?{each.format(**named)}").body["count"] for each in FILTERS[kind]]
    assert counts == [1] * len(counts)
    counts = [ada.get(f"{kind}/?{each.format(**named)}").body["count"] for each in OTHERS[kind]]
    assert counts == [0] * len(counts)


def test_nothing_leaks_about_goals_that_may_not_be_seen(cast, goals, bo, cy):
    left, _, secret = goals
    hidden = kpi(secret, "hidden", 10)
    alignment(cast, left, secret)
    comment(cast, secret)
    shared = initiative(cast, left, secret, kpis=[hidden])
    initiative(cast, secret, title="Hidden")
    covered = factor(cast, left, kpis=[hidden])
    factor(cast, secret)
    known = process(cast, kpis=[hidden], owner=cast.bo)
    resource(cast, "Hidden", goals=[secret])

    assert bo.get("alignments/").body["count"] == bo.get("comments/").body["count"] == 0
    assert bo.get("resources/").body["count"] == 0
    [row] = bo.get("initiatives/").body["results"]
    assert (row["id"], row["goals"], row["kpis"]) == (shared.pk, [left.pk], [])
    [row] = bo.get("success-factors/").body["results"]
    assert (row["id"], row["kpis"], row["covered"]) == (covered.pk, [], True)
    assert bo.get(f"processes/{known.pk}/").body["kpis"] == []
    assert bo.get(f"goals/{secret.pk}/comments/").status_code == 404
    assert bo.post(f"goals/{secret.pk}/comments/", {"text": "Hi"}).status_code == 404
    assert bo.get(f"initiatives/?goal={secret.pk}").status_code == 400


def test_what_a_writer_may_not_see_stays_linked(cast, goals, bo):
    left, right, secret = goals
    hidden = kpi(secret, "hidden")
    shared = initiative(cast, left, secret, kpis=[hidden])
    tied = process(cast, kpis=[hidden], owner=cast.bo)

    assert bo.patch(f"initiatives/{shared.pk}/", {"goals": [left.pk, right.pk], "kpis": []}).status_code == 200
    assert set(shared.goals.all()) == {left, right, secret}
    assert set(shared.kpis.all()) == {hidden}
    assert bo.patch(f"processes/{tied.pk}/", {"kpis": [left.kpis.get().pk]}).status_code == 200
    assert set(tied.kpis.all()) == {hidden, left.kpis.get()}


def test_an_alignment_says_what_is_wrong_with_it(cast, goals, ada):
    left, right, _ = goals
    top = left.parent

    assert codes(ada.post("alignments/", {"goal": left.pk, "supports": top.pk})) == {("supports", "in_its_path")}
    assert codes(ada.post("alignments/", {"goal": left.pk, "supports": left.pk})) == {("supports", "same_goal")}
    alignment(cast, left, right)
    again = ada.post("alignments/", {"goal": left.pk, "supports": right.pk})
    assert codes(again) == {("supports", "aligned_already")}
    assert Alignment.objects.count() == 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://", "http://a b"])
def test_only_safe_addresses_are_kept(cast, ada, url):
    assert codes(ada.post("processes/", {"name": "P", "url": url})) == {("url", "link_not_safe")}
    assert codes(ada.post("resources/", {"title": "R", "url": url})) == {("url", "link_not_safe")}
    assert (Process.objects.count(), Resource.objects.count()) == (0, 0)


def test_milestones_are_sent_as_a_whole(cast, goals, bo):
    created = bo.post("initiatives/", news(goals)["initiatives"]).body
    [order] = created["milestones"]
    assert order["done_on"] == "2026-08-01"
    told = [{"id": order["id"], "title": "Order all"}, {"title": "Fill", "due": "2026-09-01"}]
    answer = bo.patch(f"initiatives/{created['id']}/", {"milestones": told})

    assert [(each["title"], each["due"], each["done_on"]) for each in answer.body["milestones"]] == [
        ("Order all", None, "2026-08-01"),
        ("Fill", "2026-09-01", None),
    ]
    unknown = bo.patch(f"initiatives/{created['id']}/", {"milestones": [{"id": 999, "title": "X"}]})
    assert codes(unknown) == {("milestones", "unknown_milestone")}
    assert Initiative.objects.get().milestones.count() == 2


def test_who_sees_a_goal_comments_and_the_author_changes_the_words(cast, goals, cy, bo, eve, ada):
    left, *_ = goals
    written = cy.post(f"goals/{left.pk}/comments/", {"text": "Ask @Bo"})

    assert (written.status_code, written.body["mentions"]) == (201, [cast.bo.pk])
    assert eve.post(f"goals/{left.pk}/comments/", {"text": "Hi"}).status_code == 404
    address = f"comments/{written.body['id']}/"
    assert bo.patch(address, {"text": "No"}).status_code == ada.patch(address, {"text": "No"}).status_code == 403
    edited = cy.patch(address, {"text": "Ask @Dee"}, **{"If-Match": '"1"'})
    assert (edited.body["mentions"], edited.body["version"]) == ([cast.dee.pk], 2)
    assert edited.body["edited_at"] is not None
    assert cy.patch(address, {"text": "Late"}, **{"If-Match": '"1"'}).status_code == 412
    assert bo.delete(address).status_code == 403
    assert ada.delete(address).status_code == 204
    [row] = bo.get(f"goals/{left.pk}/comments/").body["results"]
    assert (row["text"], row["mentions"], row["deleted_at"] is not None) == ("", [], True)
    assert cy.patch(address, {"text": "Back"}).status_code == 403
    assert Comment.objects.count() == 1


def test_a_kpi_names_its_processes_and_resources(cast, goals, bo, cy):
    left, _, secret = goals
    measured = left.kpis.get()
    buying, guide = process(cast), resource(cast)
    other = resource(cast, "Other", goals=[secret])
    answer = bo.patch(f"kpis/{measured.pk}/", {"processes": [buying.pk], "resources": [guide.pk]})

    assert (answer.body["processes"], answer.body["resources"]) == ([buying.pk], [guide.pk])
    assert list(measured.resources.all()) == [guide]
    assert codes(bo.patch(f"kpis/{measured.pk}/", {"resources": [other.pk]})) == {("resources.0", "does_not_exist")}
    assert cy.patch(f"kpis/{measured.pk}/", {"processes": []}).status_code == 403
    created = bo.post("kpis/", {"goal": left.pk, "name": "New", "target": "5", "processes": [buying.pk]})
    assert created.body["processes"] == [buying.pk]
    assert bo.get("kpis/").body["results"][0]["processes"] == [buying.pk]


def test_changed_contributors_are_told_in_the_history(cast, goals, bo):
    left, *_ = goals
    bo.patch(f"goals/{left.pk}/", {"contributors": [cast.cy.pk], "reason": "Helps"})
    newest = bo.get(f"goals/{left.pk}/history/").body["results"][0]

    assert newest["changes"] == [{"field": "contributors", "from": [], "to": [cast.cy.pk]}]
    assert (newest["by"], newest["reason"]) == (cast.bo.pk, "Helps")


def test_a_second_row_of_one_external_id_is_refused(cast, goals, ada):
    for kind in ("initiatives", "success-factors", "processes", "resources"):
        given = news(goals)[kind] | {"external_id": "x1"}
        assert ada.post(f"{kind}/", given).status_code == 201
        assert ada.post(f"{kind}/", given).status_code == 409
        assert ada.get(f"{kind}/?external_id=x1").body["count"] == 1
    assert SuccessFactor.objects.count() == 1
