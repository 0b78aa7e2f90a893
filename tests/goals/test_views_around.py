"""What is planned and said around a goal, on its page: who may do what, with and without JavaScript."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals.models import Alignment, Comment
from goals.voices import kudos
from kpis.models import Initiative, Milestone, Process, Resource, SuccessFactor
from people.models import Notification
from tests.cast import person, signed_in
from tests.goals.measuring import kpi, rolled_up
from tests.goals.voices.telling import answered, kudo, signal
from tests.pages.reading import read
from tests.planning import alignment, comment, factor, initiative, process, resource

HTMX = {"HX-Request": "true"}
WHO = ("ada", "bo", "cy", "dee", "eve")


@pytest.fixture
def goal(cast):
    made = cast.goal("Grow", cast.goal("Top"), owner=cast.bo)
    kpi(made, "calls", 40)
    return rolled_up(made)


def send(person, name, args, data=None, **headers):
    return signed_in(person).post(reverse(name, args=args), data or {}, headers=headers)


def page(person, goal, **query) -> str:
    return read(signed_in(person).get(reverse("goals:detail", args=[goal.pk]), query)).text


def statuses(cast, name, args, data=None) -> dict[str, int]:
    return {who: send(getattr(cast, who), name, args, data).status_code for who in WHO}


EDITORS = {"ada": 302, "bo": 302, "cy": 403, "dee": 403, "eve": 404}


def new(name: str, cast, goal) -> tuple[str, list, dict]:
    other = cast.goal("Other", goal.parent)
    return {
        "factor": ("kpis:factors", [goal.pk], {"name": "Parts", "once": "1"}),
        "initiative": ("kpis:initiatives", [goal.pk], {"title": "Stock", "once": "2", "owner": "Cy"}),
        "resource": ("kpis:help", [goal.pk], {"title": "G", "kind": "guide", "text": "x", "to": "goal", "once": "3"}),
        "process": ("kpis:processes", [goal.pk], {"name": "Buy", "kpi": goal.kpis.get().pk, "once": "4"}),
        "alignment": ("goals:alignments", [goal.pk], {"supports": f"Other (#{other.pk})"}),
    }[name]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("factor", SuccessFactor),
        ("initiative", Initiative),
        ("resource", Resource),
        ("process", Process),
        ("alignment", Alignment),
    ],
)
def test_editors_add_them_once_and_others_may_not(cast, goal, name, model):
    address, args, data = new(name, cast, goal)
    told = {who: send(getattr(cast, who), address, args, data).status_code for who in ("bo", "cy", "dee", "eve")}

    assert told == {"bo": 302, "cy": 403, "dee": 403, "eve": 404}
    again = send(cast.bo, address, args, data)  # a double click
    assert again.status_code == (422 if name == "alignment" else 302)
    assert model.objects.count() == 1
    if name != "alignment":
        assert model.history.get().history_user == cast.bo


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("kpis:factors", {"name": ""}),
        ("kpis:initiatives", {"title": " "}),
        ("kpis:help", {"title": "No text", "kind": "guide", "to": "goal"}),
        ("kpis:processes", {"name": "P", "url": "javascript:alert(1)"}),
        ("goals:alignments", {"supports": "Nowhere"}),
        ("goals:comments", {"text": ""}),
    ],
)
def test_what_is_refused_stands_in_the_form_with_the_reason(cast, goal, name, empty):
    for headers in ({}, HTMX):
        answer = send(cast.bo, name, [goal.pk], {"once": "9", **empty}, **headers)
        assert answer.status_code == 422
        assert "has-error" in answer.content.decode()
        assert ("<main" in answer.content.decode()) is (not headers)
    assert not any(model.objects.exists() for model in (SuccessFactor, Initiative, Resource, Process, Comment))


def test_a_factor_says_what_is_missing_until_a_kpi_with_data_is_linked(cast, goal):
    measured = goal.kpis.get()
    factor(cast, goal, "Covered", kpis=[measured])
    made = factor(cast, goal, "Parts at hand")

    assert "covered 1 of 2" in page(cast.cy, goal)
    assert "No figure shows yet: Parts at hand." in page(cast.cy, goal)
    link = [goal.pk, made.pk, measured.pk]
    assert statuses(cast, "kpis:link_factor", link) == EDITORS
    assert "covered 2 of 2" in page(cast.cy, goal)
    assert "No figure shows yet" not in page(cast.cy, goal)
    assert statuses(cast, "kpis:unlink_factor", link) == EDITORS
    assert "covered 1 of 2" in page(cast.bo, goal)


def test_a_factor_is_linked_only_to_kpis_one_may_see(cast, goal):
    hidden = kpi(cast.goal("Secret", visibility="private", owner=cast.ada), "hidden", 1)
    made = factor(cast, goal)

    assert send(cast.bo, "kpis:link_factor", [goal.pk, made.pk, hidden.pk]).status_code == 404
    factor(cast, goal, "Other", kpis=[hidden])
    assert "hidden" not in page(cast.bo, goal)
    assert "covered 1 of 2" in page(cast.bo, goal)


def test_a_factor_is_changed_and_keeps_its_kpis(cast, goal):
    made = factor(cast, goal, "Prats", kpis=[goal.kpis.get()])
    data = {"name": "Parts", "perspective": cast.customer.pk, "once": "1"}
    assert statuses(cast, "kpis:factor", [goal.pk, made.pk], data) == EDITORS
    made.refresh_from_db()
    assert (made.name, made.perspective, made.kpis.count()) == ("Parts", cast.customer, 1)
    assert send(cast.bo, "kpis:factor", [goal.pk, made.pk], {"name": ""}).status_code == 422
    assert signed_in(cast.bo).get(reverse("kpis:factor", args=[goal.pk, made.pk])).status_code == 200


def test_factors_of_another_goal_are_not_reached_through_this_one(cast, goal):
    made = factor(cast, cast.goal("Other", owner=cast.ada))

    assert send(cast.bo, "kpis:remove_factor", [goal.pk, made.pk]).status_code == 404
    assert send(cast.ada, "kpis:remove_factor", [made.goal_id, made.pk]).status_code == 302
    assert not SuccessFactor.objects.exists()


def test_an_initiative_is_ticked_off_by_its_owner_and_the_goals_editors(cast, goal):
    made = initiative(cast, goal, owner=cast.cy)
    done = statuses(cast, "kpis:initiative_state", [goal.pk, made.pk, "done"])

    assert done == {**EDITORS, "cy": 302}
    made.refresh_from_db()
    assert (made.state, made.done_on, made.version) == ("done", cast.works.today(), 2)
    assert "1 done or dropped" in page(cast.dee, goal)
    assert send(cast.cy, "kpis:initiative_state", [goal.pk, made.pk, "gone"]).status_code == 404
    assert (
        "GET" not in signed_in(cast.cy).get(reverse("kpis:initiative_state", args=[goal.pk, made.pk, "done"]))["Allow"]
    )


def test_an_initiative_is_changed_and_tells_its_history(cast, goal):
    hidden = kpi(cast.goal("Secret", visibility="private", owner=cast.ada), "hidden")
    made = initiative(cast, goal, kpis=[hidden, goal.kpis.get()])
    data = {"title": "Fill the depots", "owner": "Cy", "due": "2020-02-01", "once": "1"}
    told = statuses(cast, "kpis:initiative", [goal.pk, made.pk], data)  # Ada made it Cy's
    assert told == {**EDITORS, "cy": 302}
    text = page(cast.ada, goal)

    assert set(made.kpis.all()) == set()  # Ada sees both and chose none
    assert "1 is overdue: Fill the depots" in text
    told = read(signed_in(cast.cy).get(reverse("kpis:initiative_history", args=[goal.pk, made.pk]))).text
    assert "Ada changed the title from Stock two depots to Fill the depots" in told
    assert "the owner from nothing to Cy" in told


def test_kpis_that_the_writer_may_not_see_stay(cast, goal):
    hidden = kpi(cast.goal("Secret", visibility="private", owner=cast.ada), "hidden")
    made = initiative(cast, goal, kpis=[hidden])
    assert "hidden" not in page(cast.bo, goal)
    send(cast.bo, "kpis:initiative", [goal.pk, made.pk], {"title": "T", "once": "1", "kpis": [goal.kpis.get().pk]})

    assert set(made.kpis.all()) == {hidden, goal.kpis.get()}


def test_milestones_are_added_ticked_and_taken_away(cast, goal):
    made = initiative(cast, goal)
    given = {"title": "Order", "due": "2026-03-01", "once": "1"}
    assert statuses(cast, "kpis:milestones", [goal.pk, made.pk], given) == EDITORS
    step = made.milestones.order_by("pk").first()
    sent_on = send(cast.bo, "kpis:milestone", [goal.pk, made.pk, step.pk], {"done": "0"}).url
    assert sent_on == f"/goals/{goal.pk}/?initiative={made.pk}#initiatives"
    assert '<details class="ini-more" open>' in signed_in(cast.bo).get(sent_on).content.decode()
    address = [goal.pk, made.pk, step.pk]
    assert statuses(cast, "kpis:milestone", address, {"done": "1"}) == EDITORS
    assert "1 of 2" in page(cast.dee, goal)
    assert Milestone.history.filter(id=step.pk).count() == 2  # the second tick changed nothing
    send(cast.bo, "kpis:milestone", address, {"done": "0"})
    step.refresh_from_db()
    assert step.done_on is None
    send(cast.bo, "kpis:milestone", address, {"remove": "1"})
    assert made.milestones.count() == 1
    wrong = send(cast.bo, "kpis:milestones", [goal.pk, made.pk], {"title": "", "once": "2"})
    assert wrong.status_code == 422


def test_goals_beside_the_tree_are_told_on_both_and_never_named_to_who_may_not_see_them(cast, goal):
    other = cast.goal("Sell", goal.parent, owner=cast.cy)
    secret = cast.goal("Secret", goal.parent, visibility="private", owner=cast.ada)
    made = alignment(cast, goal, other, note="More of it")
    alignment(cast, secret, goal)

    text = page(cast.cy, goal)
    assert "It also supports Strategic" not in text
    assert "Sell" in text[text.index("It also supports") :]
    assert "A goal you may not see" in text
    assert "Secret" not in text
    assert "Supported by" in page(cast.cy, other)
    assert statuses(cast, "goals:remove_alignment", [goal.pk, made.pk]) == {
        "ada": 302,
        "bo": 404,
        "cy": 404,
        "dee": 404,
        "eve": 404,
    }


def test_only_goals_that_may_be_supported_are_suggested(cast, goal):
    cast.goal("Grapes", goal.parent)
    cast.goal("Grass", goal.parent, visibility="private", owner=cast.ada)
    answer = signed_in(cast.bo).get(reverse("goals:alignment_goals", args=[goal.pk]), {"q": "gr"}).content.decode()

    assert "Grapes" in answer
    assert "Grass" not in answer
    assert "Grow" not in answer


def test_who_sees_the_goal_comments_and_the_mentioned_hears_of_it(cast, goal):
    answers = {who: send(getattr(cast, who), "goals:comments", [goal.pk], {"text": "@Cy?", "once": who}) for who in WHO}

    assert {who: answer.status_code for who, answer in answers.items()} == {
        "ada": 302,
        "bo": 302,
        "cy": 302,
        "dee": 302,
        "eve": 404,
    }
    assert Comment.objects.count() == 4
    urls = set(Notification.objects.filter(person=cast.cy).values_list("url", flat=True))
    assert len(urls) == 3
    for url in urls:
        assert signed_in(cast.cy).get(url).status_code == 200


def test_comments_are_changed_by_their_author_and_deleted_by_the_administrator_too(cast, goal):
    made = comment(cast, goal, "Frist", by=cast.cy)
    edit = statuses(cast, "goals:edit_comment", [goal.pk, made.pk], {"text": "First", "once": "1"})
    assert edit == {"ada": 403, "bo": 403, "cy": 302, "dee": 403, "eve": 404}
    text = page(cast.dee, goal)
    assert "First" in text
    assert "edited" in text
    assert signed_in(cast.cy).get(reverse("goals:edit_comment", args=[goal.pk, made.pk])).status_code == 200
    assert send(cast.bo, "goals:delete_comment", [goal.pk, made.pk]).status_code == 403
    assert send(cast.ada, "goals:delete_comment", [goal.pk, made.pk]).status_code == 302
    assert send(cast.cy, "goals:delete_comment", [goal.pk, made.pk]).status_code == 302
    text = page(cast.dee, goal)
    assert "This comment was deleted." in text
    assert "First" not in text


def test_the_newest_comments_are_shown_last_and_earlier_ones_on_demand(cast, goal):
    made = [comment(cast, goal, f"Word {number:02}") for number in range(1, 16)]
    text = page(cast.cy, goal)

    assert "Show earlier entries, 5 more" in text
    assert "Word 05" not in text
    assert text.index("Word 06") < text.index("Word 15")
    assert "Word 01" in page(cast.cy, goal, comments="40")
    assert "Word 03" in page(cast.cy, goal, comment=str(made[2].pk))
    assert "Word 02" not in page(cast.cy, goal, comment=str(made[2].pk))
    assert "Word 15" in page(cast.cy, goal, comments="x", comment="-1")


def test_people_are_suggested_only_where_they_may_see_the_goal(cast, goal):
    secret = cast.goal("Secret", visibility="private", owner=cast.ada)
    address = reverse("goals:comment_people", args=[secret.pk])

    answer = signed_in(cast.ada).get(address, {"q": ""}).content.decode()
    assert "Dee" in answer
    assert not any(name in answer for name in ('data-value="Cy', "Eve"))
    assert signed_in(cast.cy).get(address).status_code == 404


def test_what_people_type_is_never_run(cast, goal):
    nasty = "<script>alert(1)</script> javascript:alert(1) @Cy " + "x" * 300
    comment(cast, goal, nasty)
    initiative(cast, goal, title=nasty, description=nasty, milestones=[{"title": nasty[:300]}])
    factor(cast, goal, nasty[:300])
    resource(cast, nasty[:300], text=nasty, goals=[goal], levels=[goal.level])
    answer = signed_in(cast.ada).get(reverse("goals:detail", args=[goal.pk])).content.decode()

    assert "<script>alert(1)" not in answer
    assert 'href="javascript' not in answer
    assert answer.count("&lt;script&gt;alert(1)") >= 5


def test_help_is_offered_where_a_goal_lags_behind_and_to_new_owners(cast, goal):
    resource(cast, "For this goal", goals=[goal])
    resource(cast, "For its level", levels=[goal.level])
    resource(cast, "For others", levels=[cast.levels[3]])
    assert goal.figures.status in ("at_risk", "off_track", "on_track")
    lagging = goal.figures.status != "on_track"
    shown = page(cast.cy, goal)
    assert ("For this goal" in shown, "For its level" in shown, "For others" in shown) == (lagging, lagging, False)
    type(goal.figures).objects.update(status="off_track")
    shown = page(cast.cy, goal)
    assert "Because it lags behind" in shown
    assert "For its level" in shown
    type(goal.figures).objects.update(status="on_track")
    assert "For its level" not in page(cast.cy, goal)
    assert "Because it is new to you" in page(cast.bo, goal)
    assert "offered once the goal lags behind" in page(cast.ada, goal)


def test_who_owned_it_for_long_is_not_new(cast, goal):
    resource(cast, "For this goal", goals=[goal])
    type(goal.figures).objects.update(status="on_track")
    goal.history.update(history_date="2020-01-01T00:00:00Z")

    assert "Because it is new to you" not in page(cast.bo, goal)


def test_resources_are_taken_away_by_who_may_manage_them(cast, goal):
    mine, everywhere = resource(cast, "Mine", goals=[goal]), resource(cast, "All", levels=[goal.level])

    assert send(cast.bo, "kpis:remove_resource", [goal.pk, everywhere.pk]).status_code == 403
    assert send(cast.cy, "kpis:remove_resource", [goal.pk, mine.pk]).status_code == 403
    assert send(cast.bo, "kpis:remove_resource", [goal.pk, mine.pk]).status_code == 302
    assert list(Resource.objects.all()) == [everywhere]


def test_a_kpi_is_tied_to_a_process_there_is_or_to_a_new_one(cast, goal):
    known = process(cast, "Purchasing")
    measured = goal.kpis.get()
    tie = {"name": "purchasing", "kpi": measured.pk, "once": "1"}
    assert send(cast.bo, "kpis:processes", [goal.pk], tie).status_code == 302
    assert list(measured.processes.all()) == [known]
    assert "Purchasing" in page(cast.cy, goal)
    told = statuses(cast, "kpis:untie_process", [goal.pk, known.pk, measured.pk])
    assert told == {"ada": 302, "bo": 404, "cy": 403, "dee": 403, "eve": 404}
    assert not measured.processes.exists()
    assert Process.objects.count() == 1


def test_the_past_shows_nothing_that_is_planned_today(cast, goal):
    initiative(cast, goal, title="Stock")
    comment(cast, goal, "Hello")
    text = page(cast.ada, goal, as_of=cast.works.today().isoformat())

    assert "Stock" not in text
    assert "Hello" not in text
    assert "are shown on the page of today" in text


def test_the_number_of_queries_does_not_grow_with_what_is_around(cast, goal):
    def add(number):
        for each in range(number):
            other = cast.goal(f"Other {each}", goal.parent)
            measured = kpi(goal, f"k{SuccessFactor.objects.count()}", 10)
            factor(cast, goal, kpis=[measured])
            initiative(cast, goal, other, kpis=[measured], owner=cast.cy, milestones=[{"title": "A"}, {"title": "B"}])
            alignment(cast, goal, other)
            alignment(cast, other, goal)
            comment(cast, goal, "@Cy @Dee https://a.example")
            kudos.join(kudo(cast, goal), cast.ada, joins=True)
            answered(cast, goal)
            signal(cast, goal, by=person(cast.works, f"Worker{SuccessFactor.objects.count()}", "member"))
            resource(cast, f"R{each}", goals=[goal], kpis=[measured])
            process(cast, f"P{each}", kpis=[measured], owner=cast.cy)
        rolled_up(goal)

    def queries(who):
        browser = signed_in(who)
        address = reverse("goals:detail", args=[goal.pk])
        browser.get(address)
        with CaptureQueriesContext(connection) as found:
            assert browser.get(address).status_code == 200
        return len(found)

    add(1)
    counts = [queries(who) for who in (cast.ada, cast.bo, cast.cy)]
    add(3)
    assert [queries(who) for who in (cast.ada, cast.bo, cast.cy)] == counts
    assert max(counts) <= 72
