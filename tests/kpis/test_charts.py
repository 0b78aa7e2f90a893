import datetime as dt
import json
import re
from decimal import Decimal

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from kpis.charts import figure_of
from kpis.course import course_of
from kpis.models import Kpi
from tests.kpis.measuring import made, record

FEBRUARY, MARCH, APRIL = (dt.date(2026, month, 1) for month in (2, 3, 4))
RISING = {"direction": "increase", "baseline": None, "target": Decimal(100)}


@pytest.fixture
def goal(april, cast):
    return cast.goal("Answer faster")


def drawn(kpi: Kpi) -> dict | None:
    return figure_of(course_of(Kpi.objects.select_related("goal__cycle", "organisation").get(pk=kpi.pk)))


def traces(figure) -> dict[str, dict]:
    return {trace["name"]: trace for trace in figure["data"]}


def labels(figure) -> list[str]:
    return [words["text"] for words in figure["layout"]["annotations"]]


def test_the_path_the_target_and_the_values_are_drawn_where_they_lie(goal):
    kpi = made(goal)
    record(kpi, FEBRUARY, "48")
    record(kpi, APRIL, "46.5")
    figure = drawn(kpi)
    path, measured = traces(figure)["path"], traces(figure)["measured"]
    assert (path["x"], path["y"]) == (["2025-12-31", "2026-12-31"], [50.0, 40.0])
    assert (measured["x"], measured["y"]) == (["2026-02-28", "2026-04-10"], [48.0, 46.5])
    assert labels(figure) == ["Target 40", "today", "46.5"]
    assert figure["layout"]["shapes"][0]["x0"] == "2026-04-10"


def test_a_corrected_value_is_hollow_and_says_what_it_was(goal):
    kpi = made(goal)
    record(kpi, FEBRUARY, "48")
    record(kpi, FEBRUARY, "47", note="Counted twice")
    record(kpi, MARCH, "46")
    measured = traces(drawn(kpi))["measured"]
    assert measured["marker"]["color"] == ["var(--paper)", "var(--chart-1)"]
    assert "Corrected from 48" in measured["text"][0]


def test_milestones_are_marks_on_a_path_that_turns(goal):
    kpi = made(goal, trajectory="milestones", milestones={"2026-06-01": "48"})
    found = traces(drawn(kpi))
    assert (found["path"]["y"], found["path"]["line"]["shape"]) == ([50.0, 48.0, 40.0], "linear")
    assert found["milestones"]["x"] == ["2026-06-30"]


def test_steps_stay_level_until_the_next_milestone(goal):
    kpi = made(goal, trajectory="steps", milestones={"2026-06-01": "48"})
    assert traces(drawn(kpi))["path"]["line"]["shape"] == "hv"


def test_a_sum_is_drawn_as_bars_and_what_they_come_to(goal):
    kpi = made(goal, **RISING, aggregation="sum")
    record(kpi, FEBRUARY, "10")
    record(kpi, MARCH, "20")
    found = traces(drawn(kpi))
    assert (found["measured"]["type"], found["measured"]["y"], found["so far"]["y"]) == ("bar", [10, 20], [10, 30])


def test_a_mean_is_drawn_beside_its_values(goal):
    kpi = made(goal, **{**RISING, "baseline": Decimal(0)}, aggregation="mean")
    record(kpi, FEBRUARY, "10")
    record(kpi, MARCH, "20")
    figure = drawn(kpi)
    assert (traces(figure)["measured"]["mode"], traces(figure)["so far"]["y"]) == ("markers", [10, 15])
    assert labels(figure)[-1] == "15"


def test_the_target_of_each_period_is_a_level_line(goal):
    figure = drawn(made(goal, **RISING, target_mode="each_period"))
    assert traces(figure)["target"]["y"] == [100.0, 100.0, None]
    assert "path" not in traces(figure)


def test_a_range_is_a_band(goal):
    fields = {"direction": "maintain", "target": None, "baseline": None, "lower": Decimal(3), "upper": Decimal(5)}
    figure = drawn(made(goal, **fields))
    assert [trace["y"] for trace in figure["data"]] == [[3.0, 3.0], [5.0, 5.0]]
    assert figure["data"][1]["fill"] == "tonexty"
    assert labels(figure)[:2] == ["At most 5", "At least 3"]


def test_what_imported_data_lacks_is_not_drawn(goal):
    kpi = made(goal)
    record(kpi, MARCH, "48")
    Kpi.objects.filter(pk=kpi.pk).update(direction=None)
    assert list(traces(drawn(kpi))) == ["level", "measured"]
    Kpi.objects.filter(pk=kpi.pk).update(target=None)
    assert list(traces(drawn(kpi))) == ["measured"]


def test_the_newest_value_is_written_where_no_line_comes_from(goal):
    kpi = made(goal)
    record(kpi, FEBRUARY, "48")
    assert drawn(kpi)["layout"]["annotations"][-1]["yshift"] == 16
    record(kpi, MARCH, "47")
    assert drawn(kpi)["layout"]["annotations"][-1]["yshift"] == -16


def test_what_is_done_or_not_has_no_chart(goal):
    assert (
        drawn(made(goal, kind="boolean", direction="increase", cadence="once", target=Decimal(1), baseline=None))
        is None
    )


def test_words_that_people_typed_stay_words(goal):
    kpi = made(goal, unit='<a href="//evil.example">h</a>')
    record(kpi, MARCH, "48")
    text = json.dumps(drawn(kpi), cls=DjangoJSONEncoder)
    assert "&lt;a href=" in text
    assert "<a" not in text


def test_every_label_leaves_out_tags_that_would_become_styles(goal):
    kpi = made(goal, stretch=Decimal(38), trajectory="milestones", milestones={"2026-06-01": "48"})
    record(kpi, FEBRUARY, "48")
    record(kpi, FEBRUARY, "47", note="Counted twice")
    tags = re.findall(r"<(\w+)", json.dumps(drawn(kpi), cls=DjangoJSONEncoder))
    assert set(tags) == {"br", "extra"}
