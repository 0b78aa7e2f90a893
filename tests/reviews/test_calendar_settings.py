"""What an organisation and a goal choose about their reviews: who may, what follows, nothing saved by looking."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.calendar import choosing, public_holidays
from reviews.models import FreeDay, GoalRhythm, LevelRhythm, Review, ReviewSettings
from reviews.schedule import work_out
from tests.cast import signed_in as client
from tests.pages.reading import read
from tests.reviews.test_schedule import noon, planned

SETTINGS, PREVIEW = "/settings/reviews/", "/settings/reviews/preview/"


@pytest.fixture
def clock():
    with time_machine.travel(noon("2026-01-01"), tick=False) as clock:
        yield clock


@pytest.fixture
def top(clock, cast):
    goal = cast.goal("Top", owner=cast.bo)
    work_out(cast.works)
    return goal


def chosen(cast, **fields) -> dict:
    levels = dict(zip(cast.levels, ("quarterly", "quarterly", "monthly", "monthly"), strict=True))
    told = {f"level_{level.pk}": cadence for level, cadence in levels.items()}
    return {**told, "country": "", "region": "", "days_after": "5", "shift": "next", "version": "1", **fields}


def test_settings_are_saved_with_who_did_it_and_the_calendar_follows(top, cast, django_capture_on_commit_callbacks):
    sent = chosen(cast, country="NO", region="03", days_after="1", **{f"level_{cast.levels[0].pk}": "yearly"})
    answer = client(cast.ada).post(SETTINGS, sent)
    assert answer.status_code == 302
    settings = ReviewSettings.objects.get()
    assert (settings.country, settings.region, settings.days_after, settings.invite) == ("NO", "03", 1, False)
    assert settings.history.get().history_user == cast.ada
    assert list(LevelRhythm.objects.values_list("level__rank", "cadence")) == [
        (0, "yearly"), (1, "quarterly"), (2, "monthly"), (3, "monthly")
    ]  # fmt: skip
    work_out(cast.works)
    assert planned(top) == [("FY2026", "2027-01-04")]  # New Year's Day, then a weekend
    assert set(Review.objects.values_list("revision", flat=True)) == {1}


def test_looking_saves_nothing_and_tells_what_follows(top, cast):
    page = read(client(cast.ada).get(SETTINGS)).text
    assert "Strategic Mon 5 Jan 2026 FY2025-Q4 Mon 6 Apr 2026 FY2026-Q1 · instead of Sun 5 Apr" in page
    sent = chosen(cast, days_after="10", **{f"level_{cast.levels[0].pk}": "monthly"})
    told = read(client(cast.ada).get(PREVIEW, sent)).text
    assert "4 reviews get another day." in told
    assert "8 are planned anew." in told
    assert "Strategic Mon 12 Jan 2026 2025-12 · instead of Sat 10 Jan" in told
    assert not ReviewSettings.objects.exists()
    assert next(day for _, day in planned(top)) == "2026-04-06"


def test_what_somebody_moved_is_told_to_stay(top, cast):
    Review.objects.filter(name="FY2026-Q1").update(was_moved=True, day=dt.date(2026, 4, 8))
    told = read(client(cast.ada).get(PREVIEW, chosen(cast, days_after="10"))).text
    assert "3 reviews get another day. 1 that somebody moved keeps its day." in told


def test_another_country_has_other_regions(top, cast):
    sent = chosen(cast, country="DE", region="03")
    answer = client(cast.ada).get(PREVIEW, sent).content.decode()
    assert "Bayern" in answer
    assert 'hx-swap-oob="true"' in answer
    again = client(cast.ada).get(PREVIEW, sent | {"regions_of": "DE"}).content.decode()
    assert "hx-swap-oob" not in again
    saved = client(cast.ada).post(SETTINGS, sent)
    assert (saved.status_code, ReviewSettings.objects.get().region) == (302, "")


@pytest.mark.parametrize("odd", [{"days_after": "61"}, {"days_after": ""}, {"shift": "x"}, {"country": "XX"}])
def test_what_makes_no_sense_is_refused_and_previewed_in_words(top, cast, odd):
    assert client(cast.ada).post(SETTINGS, chosen(cast, **odd)).status_code == 422
    assert client(cast.ada).get(PREVIEW, chosen(cast, **odd)).status_code == 200
    assert not ReviewSettings.objects.exists()


def test_two_who_save_do_not_overwrite_each_other(top, cast):
    assert client(cast.ada).post(SETTINGS, chosen(cast)).status_code == 302
    assert client(cast.ada).post(SETTINGS, chosen(cast)).status_code == 302
    assert client(cast.ada).post(SETTINGS, chosen(cast, days_after="9")).status_code == 422
    assert ReviewSettings.objects.get().days_after == 5


def test_free_days_are_added_and_removed(top, cast):
    add = reverse("reviews:add_free_day")
    assert client(cast.ada).post(add, {"day": "2026-04-06", "name": "Company day"}).status_code == 302
    assert client(cast.ada).post(add, {"day": "2026-04-06", "name": "Our day"}).status_code == 302
    free = FreeDay.objects.get()
    assert (free.name, client(cast.ada).post(add, {"day": "", "name": ""}).status_code) == ("Our day", 422)
    work_out(cast.works)
    assert planned(top)[0] == ("FY2026-Q1", "2026-04-07")
    assert "Monday 6 April 2026 Our day" in read(client(cast.ada).get(SETTINGS)).text
    assert client(cast.ada).post(reverse("reviews:remove_free_day", args=[free.pk])).status_code == 302
    assert not FreeDay.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("bo", 403), ("cy", 403), ("dee", 403)])
def test_only_who_runs_the_cycle_changes_settings(top, cast, who, status):
    person = client(getattr(cast, who))
    free = FreeDay.objects.create(organisation=cast.works, day=dt.date(2026, 4, 6), name="Ours")
    remove = reverse("reviews:remove_free_day", args=[free.pk])
    answers = [
        person.get(SETTINGS),
        person.get(PREVIEW, chosen(cast)),
        person.post(SETTINGS, chosen(cast)),
        person.post(reverse("reviews:add_free_day"), {"day": "2026-04-07", "name": "x"}),
        person.post(remove),
    ]
    assert [answer.status_code for answer in answers] == [status] * 5
    assert client(cast.eve).post(remove).status_code == 404
    assert (FreeDay.objects.count(), ReviewSettings.objects.count()) == (1, 0)


def test_public_holidays_have_names_people_know(db):
    assert public_holidays.countries()["US"] == "United States"
    assert public_holidays.countries()["TT"] == "Trinidad & Tobago"
    assert public_holidays.regions("DE")["BY"] == "Bayern"
    assert public_holidays.regions("XX") == {}
    assert public_holidays.named("NO", "", [2026])[dt.date(2026, 5, 17)].startswith("Constitution Day")
    assert list(public_holidays.named("", "", [2026])) == []


def test_a_goal_has_a_rhythm_of_its_own_and_gives_it_up(top, cast):
    url = reverse("reviews:rhythm", args=[top.pk])
    page = client(cast.bo).get(reverse("goals:detail", args=[top.pk]))
    assert "Next 6 Apr 2026 Confidence Set confidence Rhythm Quarterly, as its level Change" in read(page).text
    sent = {"cadence": "anchor", "anchor": "2026-01-31", "months": "5"}
    answer = client(cast.bo).post(url, sent, headers={"HX-Request": "true"})
    assert "Next 5 Feb 2026 Confidence Set confidence Rhythm Every 5 months from 31 Jan 2026" in read(answer).text
    assert [name for name, _ in planned(top)] == ["2026-01-31", "2026-06-30", "2026-11-30", "2026-12-31"]
    assert client(cast.bo).post(url, {"cadence": "monthly", "months": "5"}).status_code == 302
    assert (GoalRhythm.objects.get().months, len(planned(top))) == (None, 12)
    assert client(cast.bo).post(url, {"cadence": ""}).status_code == 302
    assert (GoalRhythm.objects.exists(), len(planned(top))) == (False, 4)
    assert [row.history_user for row in GoalRhythm.history.all()] == [cast.bo] * 3


def test_a_first_day_needs_months(top, cast):
    url = reverse("reviews:rhythm", args=[top.pk])
    for sent in ({"cadence": "anchor"}, {"cadence": "anchor", "anchor": "2026-01-31", "months": "0"}):
        assert client(cast.bo).post(url, sent).status_code == 422
    assert not GoalRhythm.objects.exists()


def test_who_may_choose_a_goals_rhythm(top, cast):
    url = reverse("reviews:rhythm", args=[top.pk])
    found = {
        person.name: (client(person).get(url).status_code, client(person).post(url, {"cadence": "weekly"}).status_code)
        for person in (cast.ada, cast.cy, cast.dee, cast.eve)
    }
    assert found == {"Ada": (200, 302), "Cy": (403, 403), "Dee": (403, 403), "Eve": (404, 404)}


def test_one_goals_rhythm_leaves_the_others_alone(top, cast):
    other = cast.goal("Other")
    choosing.set_rhythm(top, cast.bo, cadence="yearly")
    assert (len(planned(top)), planned(other)) == (1, [])


def test_moving_and_calling_off_on_pages(top, cast):
    review = Review.objects.get(name="FY2026-Q2")
    move, off, on = (reverse(f"reviews:{name}", args=[review.pk]) for name in ("move", "call_off", "plan_again"))
    bo = client(cast.bo)
    assert "Now on Monday 6 July 2026. Owed by Bo." in read(bo.get(move)).text
    refused = bo.post(move, {"day": "2025-07-09", "time": "", "reason": "Earlier", "version": "1"})
    assert (refused.status_code, "That day has passed." in read(refused).text) == (422, True)
    sent = {"day": "2026-07-11", "time": "14:00", "reason": "Offsite", "version": "1", "next": "/reviews/?whose=all"}
    done = bo.post(move, sent, follow=True)
    assert done.redirect_chain == [("/reviews/?whose=all", 302)]
    assert "on Saturday 11 July 2026 now, a day on which nobody works" in done.content.decode()
    late = bo.post(move, sent | {"day": "2026-07-15"})
    assert (late.status_code, 'value="2026-07-15"' in late.content.decode()) == (422, True)
    assert bo.post(off, {"reason": "", "version": "2"}).status_code == 422
    assert bo.post(off, {"reason": "Offsite", "version": "2"}).status_code == 302
    assert bo.get(on).status_code == 405
    assert bo.post(on).status_code == 302
    review.refresh_from_db()
    assert (review.day, review.state, review.revision) == (dt.date(2026, 7, 11), "planned", 4)


@pytest.mark.parametrize("name", ["move", "call_off", "plan_again"])
def test_who_may_move_and_call_off(top, cast, name):
    review = Review.objects.get(name="FY2026-Q2")
    url = reverse(f"reviews:{name}", args=[review.pk])
    sent = {"day": "2026-07-11", "reason": "Offsite"}
    found = {p.name: client(p).post(url, sent).status_code for p in (cast.cy, cast.dee, cast.eve, cast.ada)}
    assert found == {"Cy": 403, "Dee": 403, "Eve": 404, "Ada": 302}


def test_as_many_queries_whatever_the_goals(top, cast):
    ada = client(cast.ada)

    def queries(url, **sent) -> int:
        with CaptureQueriesContext(connection) as found:
            assert ada.get(url, sent).status_code == 200
        return len(found)

    pages = [(SETTINGS, {}), (PREVIEW, chosen(cast, days_after="9")), (reverse("goals:detail", args=[top.pk]), {})]
    one = [queries(url, **sent) for url, sent in pages]
    for number in range(3):
        cast.goal(f"More {number}", owner=cast.bo)
        FreeDay.objects.create(organisation=cast.works, day=dt.date(2026, 4, 6 + number), name="Ours")
    work_out(cast.works)
    assert [queries(url, **sent) for url, sent in pages] == one
