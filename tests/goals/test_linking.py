"""Cause-effect links: who draws them, what is refused, what is kept (docs/domain.md section 16)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from cascade.errors import Conflict, VersionMismatch
from goals import linking, tree
from goals.access import Rights
from goals.causes import circle
from goals.models import CausalLink, Cycle, DirtyMark
from tests import cast as company


@pytest.fixture
def goals(cast):
    """Learn leads to nothing yet; Sales is Bo's, Own is Cy's, Secret is private to Ada."""
    top = cast.goal("Top")
    return {
        "top": top,
        "sales": cast.goal("Sales", top, owner=cast.bo, unit=cast.sales),
        "own": cast.goal("Own", top, owner=cast.cy),
        "secret": cast.goal("Secret", top, owner=cast.ada, visibility="private"),
    }


def drawn(cause, effect, **fields):
    return linking.draw(cause, effect, **{"by": None, "hypothesis": "Because.", **fields})


def test_a_link_is_kept_with_who_drew_it_and_every_version(cast, goals):
    link = drawn(goals["own"], goals["top"], by=cast.ada, strength=3, lag=2, reason="Workshop")
    linking.revise(link, by=cast.bo, lag=4)
    told = [(row.history_user, row.lag, row.version) for row in link.history.order_by("history_id")]
    assert told == [(cast.ada, 2, 1), (cast.bo, 4, 2)]
    assert link.history.first().history_change_reason in (None, "")
    linking.erase(link, by=cast.ada)
    assert CausalLink.history.filter(id=link.pk).first().history_type == "-"


def test_what_is_as_given_already_is_no_change(cast, goals):
    link = drawn(goals["own"], goals["top"])
    assert linking.revise(link, by=cast.ada, hypothesis="Because.", lag=0).version == 1
    assert link.history.count() == 1


def test_another_version_is_refused(cast, goals):
    link = drawn(goals["own"], goals["top"])
    linking.revise(link, by=cast.ada, lag=1)
    with pytest.raises(VersionMismatch):
        linking.revise(link, by=cast.ada, version=1, lag=3)
    with pytest.raises(VersionMismatch):
        linking.erase(link, by=cast.ada, version=1)
    assert CausalLink.objects.get().lag == 1


def test_a_pair_is_linked_once(cast, goals):
    drawn(goals["own"], goals["top"])
    with pytest.raises(Conflict) as refused:
        drawn(goals["own"], goals["top"])
    assert refused.value.code == "link_exists"


def test_a_circle_is_refused_in_words(cast, goals):
    drawn(goals["own"], goals["sales"])
    drawn(goals["sales"], goals["top"])
    with pytest.raises(Conflict) as refused:
        drawn(goals["top"], goals["own"], by=cast.ada)
    assert refused.value.code == "causal_cycle"
    assert str(refused.value) == "That would be a circle: “Top” → “Own” → “Sales” → “Top”."


def test_the_circle_does_not_name_what_one_may_not_see(cast, goals):
    drawn(goals["own"], goals["secret"])
    drawn(goals["secret"], goals["top"])
    with pytest.raises(Conflict) as refused:
        drawn(goals["top"], goals["own"], by=cast.cy)
    assert str(refused.value) == "That would be a circle: “Top” → “Own” → a goal you may not see → “Top”."


def refused_with(cause, effect, **fields):
    with pytest.raises(ValidationError) as refused:
        drawn(cause, effect, **fields)
    return {name: [error.code for error in errors] for name, errors in refused.value.error_dict.items()}


def test_what_is_no_link(cast, goals):
    own, top = goals["own"], goals["top"]
    assert refused_with(own, own) == {"effect": ["same_goal"]}
    other = Cycle.objects.create(organisation=cast.works, name="Next", start="2031-01-01", due="2031-12-31")
    assert refused_with(own, cast.goal("Later", cycle=other)) == {"effect": ["other_cycle"]}
    _, levels, cycle = company.founded("Third")
    stranger = tree.create(
        by=None, organisation=cycle.organisation, cycle=cycle, level=levels[0], title="Strange", parent=None
    )
    assert refused_with(own, stranger) == {"effect": ["other_organisation"]}
    assert refused_with(own, top, strength=4) == {"strength": ["max_value"]}
    assert refused_with(own, top, lag=9) == {"lag": ["max_value"]}
    assert refused_with(own, top, hypothesis="") == {"hypothesis": ["blank"]}
    assert not CausalLink.objects.exists()


def test_a_link_counts_in_no_roll_up(cast, goals):
    DirtyMark.objects.all().delete()
    link = drawn(goals["own"], goals["top"])
    linking.erase(linking.revise(link, by=None, strength=1), by=None)
    assert not DirtyMark.objects.exists()


def test_a_link_is_seen_by_who_sees_both_goals(cast, goals):
    open_link, half = drawn(goals["own"], goals["top"]), drawn(goals["secret"], goals["top"])
    other_half = drawn(goals["sales"], goals["secret"])
    everything = {open_link, half, other_half}
    seen = {who: set(CausalLink.objects.visible_to(getattr(cast, who))) for who in ("ada", "bo", "cy", "dee", "eve")}
    assert seen == {"ada": everything, "bo": {open_link}, "cy": {open_link}, "dee": everything, "eve": set()}


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("ada", {"own>top", "sales>own", "sales>top"}),
        ("bo", {"own>top", "sales>own", "sales>top"}),
        ("cy", {"own>top", "sales>own"}),
        ("dee", set()),
        ("eve", set()),
    ],
)
def test_who_may_edit_one_of_the_two_goals_draws_the_link(cast, goals, who, may):
    rights = Rights.of(getattr(cast, who))
    pairs = {f"{a}>{b}": (goals[a], goals[b]) for a, b in (("own", "top"), ("sales", "own"), ("sales", "top"))}
    assert {name for name, ends in pairs.items() if rights.can_link(*ends)} == may


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_links_drawn_at_the_same_moment_form_no_circle(transactional_db):
    cast = company.cast()
    goals = [cast.goal(f"Goal {n}") for n in range(4)]

    def draw(number):
        try:
            return drawn(goals[number % 4], goals[(number + 1 + number // 4) % 4]).pk
        except Conflict:
            return None
        finally:
            connection.close()

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(draw, range(8)))
        links = list(CausalLink.objects.values_list("cause_id", "effect_id"))
        assert len(links) == sum(pk is not None for pk in made)
        assert circle(links) is None
        CausalLink.objects.all().delete()
