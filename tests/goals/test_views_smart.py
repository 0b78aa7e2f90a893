"""The S.M.A.R.T. check beside a goal's form and on its page: of what is written, nothing saved."""

import pytest
from django.urls import reverse

from goals.models import Goal
from tests.cast import signed_in
from tests.goals.asking import fresh, get, sentence
from tests.goals.measuring import kpi

WRITTEN = {"title": "Answer mails within two hours", "why": "Who waits too long buys elsewhere.", "owner": "Bo"}


@pytest.fixture
def goal(cast):
    return cast.goal("Serve", cast.goal("Grow", perspective=cast.customer), owner=cast.bo, unit=cast.sales)


def ask(person, name, *args, **sent):
    return signed_in(person).post(reverse(f"goals:{name}", args=args), sent)


def messages(answer) -> str:
    assert answer.status_code == 200
    return sentence(answer)


def test_the_check_is_of_what_is_written_and_nothing_is_saved(cast, goal):
    before = messages(ask(cast.bo, "smart", goal.pk, title="Serve"))
    after = messages(ask(cast.bo, "smart", goal.pk, **WRITTEN))
    for text in ("at least 3 words", "Explain the why", "Name one accountable owner"):
        assert text in before
        assert text not in after
    assert 'href="#id_title"' in before
    assert "Set a start date" in after
    assert (fresh(goal).title, fresh(goal).version) == ("Serve", goal.version)


def test_what_cannot_be_read_yet_is_not_there(cast, goal):
    text = messages(ask(cast.bo, "smart", goal.pk, **WRITTEN | {"owner": "Nobody Here", "due": "31.2.", "weight": "x"}))
    assert "Name one accountable owner" in text
    assert "weight 0" not in text


def test_a_new_goal_is_checked_at_its_place(cast, goal):
    below = messages(ask(cast.bo, "smart_new", goal.pk, **WRITTEN))
    assert "Link the goal to a parent" not in below
    assert "perspective" not in below
    assert "Without a KPI" in below
    top = messages(ask(cast.ada, "smart_new", **WRITTEN, level=cast.levels[1].pk))
    assert "Link the goal to a parent" in top
    assert "Link the goal" not in messages(ask(cast.ada, "smart_new", **WRITTEN, level=cast.levels[0].pk))
    assert Goal.objects.count() == 2


def test_the_form_shows_the_check_at_once(cast, goal):
    assert "at least 3 words" in sentence(get(cast.bo, "edit", goal))
    assert "at least 3 words" in sentence(get(cast.bo, "new", goal))


@pytest.mark.parametrize(("who", "status"), [("bo", 200), ("cy", 403), ("dee", 403), ("eve", 404)])
def test_only_who_may_write_the_goal_is_told(cast, goal, who, status):
    person = getattr(cast, who)
    assert ask(person, "smart", goal.pk, **WRITTEN).status_code == status
    assert ask(person, "smart_new", goal.pk, **WRITTEN).status_code == status
    assert get(cast.ada, "smart", goal).status_code == 405


def test_the_page_of_a_goal_leads_who_may_edit_to_what_mends_it(cast, goal):
    measured = kpi(goal, "sales")
    edit, of_kpi = (reverse(name, args=[pk]) for name, pk in (("goals:edit", goal.pk), ("kpis:edit", measured.pk)))
    mine = sentence(get(cast.bo, "detail", goal))
    assert f'href="{edit}#id_title"' in mine
    assert f'href="{of_kpi}#id_unit"' in mine
    others = sentence(get(cast.dee, "detail", goal))
    assert "at least 3 words" in others
    assert "#id_title" not in others


def test_a_least_score_is_told_before_the_goal_starts(cast, goal):
    cast.works.smart_minimum = 80
    cast.works.save()
    assert "at least 80" not in messages(ask(cast.bo, "smart", goal.pk, **WRITTEN))
    assert "at least 80" in messages(ask(cast.bo, "smart_new", goal.pk, **WRITTEN))


def test_what_people_write_is_shown_as_text(cast, goal):
    kpi(goal, "sales")
    assert "<script>" not in messages(ask(cast.bo, "smart", goal.pk, title="<script>alert(1)</script>"))


def test_administrators_set_the_least_score_and_the_vague_words(cast, goal):
    page = sentence(get(cast.ada, "smart_settings"))
    assert "optimalisere" in page
    sent = {"smart_minimum": "70", "vague_words": "Ensure, drive", "version": cast.works.version}
    assert ask(cast.ada, "smart_settings", **sent).status_code == 302
    cast.works.refresh_from_db()
    assert (cast.works.smart_minimum, cast.works.vague_words) == (70, "Ensure, drive")
    assert cast.works.history.first().history_user == cast.ada
    assert ask(cast.ada, "smart_settings", **sent).status_code == 422  # of a version that is gone
    wrong = sent | {"version": cast.works.version, "smart_minimum": "101"}
    assert ask(cast.ada, "smart_settings", **wrong).status_code == 422
    for person in (cast.bo, cast.cy, cast.dee):
        assert get(person, "smart_settings").status_code == 403
        assert ask(person, "smart_settings", **sent).status_code == 403


def test_the_way_to_the_settings_is_shown_to_administrators(cast, goal):
    url = reverse("goals:smart_settings")
    assert url in sentence(get(cast.ada, "new", goal))
    assert url not in sentence(get(cast.bo, "new", goal))
