"""Cycles over the API: what their dates decide is calculated again."""

import datetime as dt

from goals import progress
from goals.models import DirtyMark
from tests.goals.measuring import kpi, rolled_up


def test_other_dates_of_a_cycle_reach_the_kpis_measured_over_it(cast, ada):
    goal = cast.goal("Grow")
    kpi(goal, "k", 10)
    rolled_up(goal)
    response = ada.patch(f"cycles/{cast.cycle.pk}/", {"due": f"{cast.cycle.due.year + 2}-12-31"})
    assert response.status_code == 200
    assert DirtyMark.objects.filter(goal=None).exists()
    progress.roll_up(cast.works.pk)
    assert progress.differences(cast.works) == []


def test_another_name_of_a_cycle_calculates_nothing(cast, ada):
    rolled_up(cast.goal("Grow"))
    assert ada.patch(f"cycles/{cast.cycle.pk}/", {"name": "The year"}).status_code == 200
    assert not DirtyMark.objects.exists()
    assert cast.cycle.due == dt.date(cast.cycle.due.year, 12, 31)
