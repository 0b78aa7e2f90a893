from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import lifecycle, progress, tree
from goals.models import Cycle, Goal, RollupState
from integrations.founding import Founding
from integrations.loading import load
from integrations.records import GOALS, KPIS, MEASUREMENTS
from integrations.tables import Refused
from kpis import definitions
from kpis.models import Kpi, KpiFigures, Measurement, MeasurementRevision
from people.models import Organisation, Person, Unit
from tests.integrations.files import CHILD, GOAL, KPI, VALUES, folder, places

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-03-15T12:00:00Z", tick=False):
        yield


@pytest.fixture
def report():
    return load(folder(), Founding("Port", ("Strategic", "Department")), source="port")


def again(report, files, **options):
    return load(files, Organisation.objects.get(pk=report.organisation.pk), source="port", **options)


def value(month, value, note=""):
    return {"kpi_id": "K-1", "date": f"2025-{month:02}-01", "value": value, "note": note}


def everything_of(organisation):
    return [
        list(model.objects.filter(organisation=organisation).order_by("pk").values())
        for model in (Goal, Kpi, Measurement, MeasurementRevision, KpiFigures)
    ] + [list(Goal.history.values()), list(Kpi.history.values())]


def test_a_new_organisation_has_all_that_the_files_say(report):
    port = report.organisation
    grow, sell = Goal.objects.filter(organisation=port).in_tree_order()
    kpi = Kpi.objects.get(organisation=port)
    assert (grow.title, grow.state, grow.level.name, grow.external_id) == ("Grow", "active", "Strategic", "G1")
    assert (sell.parent, sell.level.name, sell.weight) == (grow, "Department", 1)
    assert (kpi.goal, kpi.key, kpi.external_id, kpi.unit) == (sell, "k_1", "K-1", "orders")
    assert (kpi.direction, kpi.baseline, kpi.target, kpi.cadence) == ("increase", 10, 40, "monthly")
    assert [(m.period, m.value) for m in kpi.measurements.all()] == [(date(2025, m, 1), 10 + m) for m in (1, 2, 3)]
    assert list(Cycle.objects.values_list("name", "start", "due")) == [("2025", date(2025, 1, 1), date(2025, 12, 31))]


def test_its_tree_is_sound_and_its_figures_are_those_of_a_fresh_calculation(report):
    assert list(tree.faults(report.organisation.pk)) == []
    assert progress.differences(report.organisation) == []
    assert Goal.objects.get(title="Grow").figures.progress == Decimal("0.1")
    assert not report.organisation.dirty_marks.exists()
    assert RollupState.objects.get(organisation=report.organisation).figures_on == date(2026, 3, 15)


def test_the_import_stands_in_the_history(report):
    assert set(Goal.history.values_list("history_type", "history_change_reason")) == {("+", "Imported from port")}
    assert Kpi.history.get().history_change_reason == "Imported from port"


def test_what_the_source_does_not_say_stays_absent():
    bare = {"id": "K-1", "goal_id": "G2", "name": "Orders"}
    load(folder(kpis=[bare]), Founding("Port"), source="port")
    kpi = Kpi.objects.get()
    assert (kpi.direction, kpi.target, kpi.baseline, kpi.is_scored) == (None, None, None, False)
    assert (kpi.figures.progress, kpi.figures.reason) == (None, "missing_direction")


def test_a_target_alone_gives_no_score():
    load(folder(kpis=[{**KPI, "direction": "", "baseline": ""}]), Founding("Port"), source="port")
    kpi = Kpi.objects.get()
    assert (kpi.target, kpi.is_scored, kpi.figures.status) == (40, False, "no_data")


def test_a_kpi_lives_until_the_year_of_its_target():
    targets = b"kpi_id,target,target_year,base_year,label\nK-1,40,2030,,x\n"
    load(folder(targets=targets), Founding("Port"), source="port")
    assert Kpi.objects.get().life == (date(2025, 1, 1), date(2030, 12, 31))


def test_without_that_year_it_lives_until_its_goal_is_due():
    load(folder(goals=[GOAL, {**CHILD, "due": "2027-06-30"}]), Founding("Port"), source="port")
    assert Kpi.objects.get().life == (date(2025, 1, 1), date(2027, 6, 30))


def test_values_after_the_goals_due_date_are_kept():
    load(folder(goals=[GOAL, {**CHILD, "due": "2025-01-31"}]), Founding("Port"), source="port")
    assert Kpi.objects.get().life == (date(2025, 1, 1), date(2025, 3, 31))
    assert Measurement.objects.count() == 3


def test_the_plan_rises_from_the_end_of_the_baselines_year():
    targets = b"kpi_id,target,target_year,base_year\nK-1,40,2030,2022\n"
    values = [{"kpi_id": "K-1", "date": f"{year}-01-01", "value": "10"} for year in range(2020, 2025)]
    load(folder(kpis=[{**KPI, "frequency": "annual"}], values=values, targets=targets), Founding("Port"), source="port")
    kpi = Kpi.objects.get()
    assert (kpi.trajectory, kpi.milestones) == ("milestones", {"2022-01-01": "10"})


def test_people_and_units_of_a_new_organisation_come_with_it():
    goals = [{**GOAL, "owner": "Kari@Port.example", "unit_of_organisation": "Harbour"}]
    load(folder(goals, [], []), Founding("Port", administrator="ada@port.example"), source="port")
    goal = Goal.objects.get()
    assert (goal.owner.email, goal.owner.role, goal.unit.name) == ("kari@port.example", "member", "Harbour")
    assert Person.objects.get(email="ada@port.example").role == "admin"
    assert not any(person.has_usable_password() for person in Person.objects.all())


def test_a_person_of_another_organisation_cannot_be_drawn_into_a_new_one(cast):
    goals = [{**GOAL, "owner": cast.eve.email}]
    with pytest.raises(Refused) as refused:
        load(folder(goals, [], []), Founding("Port"), source="port")
    assert places(refused.value.problems) == [(GOALS, 2, "owner", "unknown_owner")]


def test_a_second_import_changes_nothing(report):
    before = everything_of(report.organisation)
    second = again(report, folder())
    assert second.changed_nothing
    assert (second.goals["unchanged"], second.kpis["unchanged"], second.values["unchanged"]) == (2, 1, 3)
    assert everything_of(report.organisation) == before


def test_a_changed_value_is_a_revision_with_a_note(report):
    second = again(report, folder(values=[*VALUES[:2], value(3, "20", "recount")]))
    assert (second.values["changed"], second.values["unchanged"]) == (1, 2)
    first, last = MeasurementRevision.objects.filter(period=date(2025, 3, 1)).order_by("pk")
    assert (first.value, first.note) == (13, "")
    assert (last.value, last.note) == (20, "recount · Imported from port")


def test_a_changed_title_is_an_update_with_history(report):
    second = again(report, folder(goals=[{**GOAL, "title": "=Grow()"}, CHILD]))
    assert (second.goals["changed"], second.goals["unchanged"]) == (1, 1)
    goal = Goal.objects.get(external_id="G1")
    assert goal.title == "=Grow()"
    assert [row.title for row in goal.history.order_by("history_id")] == ["Grow", "=Grow()"]


def test_a_changed_kpi_is_an_update_with_history_and_scored_anew(report):
    second = again(report, folder(kpis=[{**KPI, "target": "16"}]))
    assert second.kpis["changed"] == 1
    kpi = Kpi.objects.get()
    assert [row.target for row in kpi.history.order_by("history_id")] == [40, 16]
    assert kpi.figures.progress == Decimal("0.5")


def test_earlier_and_later_values_lengthen_the_life_of_their_kpi(report):
    earlier = {"kpi_id": "K-1", "date": "2024-11-01", "value": "8"}
    again(report, folder(goals=[], kpis=[], values=[earlier, *VALUES, value(9, "30")]))
    assert Kpi.objects.get().life == (date(2024, 11, 1), date(2025, 9, 30))
    assert Measurement.objects.count() == 5


def test_the_words_of_the_source_about_its_frequency_are_kept():
    kpis = [{**KPI, "frequency": "every election", "source": "City hall"}, {**KPI, "id": "K-2", "frequency": "Monthly"}]
    load(folder(kpis=kpis), Founding("Port"), source="port")
    assert dict(Kpi.objects.values_list("external_id", "source_note")) == {
        "K-1": "City hall\nFrequency in the source: every election",
        "K-2": "",
    }


def test_later_files_go_on_in_the_cycle_of_the_first_or_in_the_one_named(report):
    later = {**GOAL, "id": "G9", "start": "2030-01-01", "due": "2031-12-31"}
    again(report, folder(goals=[GOAL, CHILD, later]))
    again(report, folder(goals=[{**later, "id": "G10"}]), cycle="The thirties")
    cycles = dict(Goal.objects.filter(parent=None).values_list("external_id", "cycle__name"))
    assert cycles == {"G1": "2025", "G9": "2025", "G10": "The thirties"}
    assert Cycle.objects.get(name="The thirties").due == date(2031, 12, 31)


def test_what_people_have_filled_in_is_not_emptied_by_a_blank_cell(report):
    kpi = Kpi.objects.get()
    definitions.revise(kpi, by=None, definition="Signed orders", stretch=Decimal(50))
    goal = Goal.objects.get(external_id="G1")
    goal.revise(by=None, description="What we live on", weight=Decimal(3))
    assert again(report, folder()).changed_nothing
    kpi.refresh_from_db()
    goal.refresh_from_db()
    assert (kpi.definition, kpi.stretch, goal.description, goal.weight) == ("Signed orders", 50, "What we live on", 3)


def test_rows_gone_from_the_files_are_left_alone_and_said(report):
    second = again(report, folder(goals=[GOAL], kpis=[], values=VALUES[:1]))
    assert (second.goals["left"], second.kpis["left"], second.values["left"]) == (1, 1, 2)
    assert second.changed_nothing
    assert Goal.objects.count() == 2
    assert Measurement.objects.count() == 3


def test_new_goals_find_their_place_in_a_tree_that_is_there(report):
    goals = [
        {**GOAL, "id": "G0", "title": "Before"},
        GOAL,
        {**CHILD, "id": "G3", "parent_id": "G2", "title": "Below"},
        {**CHILD, "id": "G4", "parent_id": "G0", "title": "Other"},
        CHILD,
    ]
    second = again(report, folder(goals=goals))
    assert (second.goals["new"], second.goals["unchanged"]) == (3, 2)
    assert list(tree.faults(report.organisation.pk)) == []
    in_order = Goal.objects.filter(organisation=report.organisation).in_tree_order()
    assert [(goal.title, goal.depth) for goal in in_order] == [
        ("Grow", 0),
        ("Sell more", 1),
        ("Below", 2),
        ("Before", 0),
        ("Other", 1),
    ]


def test_goals_move_and_change_level_as_the_files_say_even_upside_down():
    chain = [{**GOAL, "id": "A"}, {**GOAL, "id": "B", "parent_id": "A", "level": "2"}]
    first = load(folder(chain, [], []), Founding("Port"), source="port")
    turned = [{**GOAL, "id": "C"}, {**GOAL, "id": "B", "parent_id": "C"}, {**chain[0], "parent_id": "B", "level": "2"}]
    again(first, folder(turned, [], []))
    assert list(tree.faults(first.organisation.pk)) == []
    a = Goal.objects.get(external_id="A")
    assert [goal.external_id for goal in a.ancestors()] == ["C", "B"]
    assert a.level.rank == 1


def test_a_whole_branch_steps_down_a_level_with_its_history():
    branch = [{**GOAL, "id": "A"}, {**GOAL, "id": "B", "parent_id": "A"}, {**GOAL, "id": "C", "parent_id": "B"}]
    first = load(folder(branch, [], []), Founding("Port", ("Strategic", "Team")), source="port")
    second = again(first, folder([{**row, "level": "Team", "title": "Sail"} for row in branch], [], []))
    assert second.goals["changed"] == 3
    for goal in Goal.objects.all():
        assert (goal.level.name, goal.title) == ("Team", "Sail")
        assert list(goal.history.order_by("history_id").values_list("level__name", flat=True))[::2] == [
            "Strategic",
            "Team",
        ]
    assert progress.differences(first.organisation) == []


def test_nothing_new_and_nothing_moved_stands_below_a_goal_that_has_ended(report):
    again(report, folder(goals=[GOAL, CHILD, {**CHILD, "id": "G3"}]))
    lifecycle.change_state(Goal.objects.get(external_id="G3"), "closed", by=None)
    new, moved = {**CHILD, "id": "G4", "parent_id": "G3"}, {**CHILD, "parent_id": "G3"}
    for goals, line in (([GOAL, new], 3), ([GOAL, CHILD | moved], 3)):
        with pytest.raises(Refused) as refused:
            again(report, folder(goals=goals))
        assert places(refused.value.problems) == [(GOALS, line, "parent_id", "parent_ended")]


def test_an_interim_value_is_confirmed_after_its_period(report):
    values = [{"kpi_id": "K-1", "date": "2026-03-01", "value": "14"}]
    assert again(report, folder(values=values)).values["new"] == 1
    with time_machine.travel("2026-04-03T12:00:00Z", tick=False):
        assert again(report, folder(values=values)).values["changed"] == 1
        assert again(report, folder(values=values)).changed_nothing
    told = MeasurementRevision.objects.filter(period=date(2026, 3, 1)).order_by("pk")
    assert list(told.values_list("value", "observed_on")) == [(14, date(2026, 3, 15)), (14, date(2026, 3, 31))]


def test_a_kpi_moves_to_the_goal_the_files_name(report):
    again(report, folder(kpis=[{**KPI, "goal_id": "G1"}]))
    assert Kpi.objects.get().goal.external_id == "G1"
    assert progress.differences(report.organisation) == []
    assert Goal.objects.get(external_id="G2").figures.status == "no_data"


def test_a_refused_definition_is_told_at_its_line():
    kpis = [KPI, {**KPI, "id": "K-2", "target": "5"}, {**KPI, "id": "K-3", "aggregation": "sum"}]
    with pytest.raises(Refused) as refused:
        load(folder(kpis=kpis), Founding("Port"), source="port")
    assert places(refused.value.problems) == [
        (KPIS, 3, "target", "target_wrong_side"),
        (KPIS, 4, "baseline", "sum_baseline_not_zero"),
    ]


def test_a_refused_change_of_a_definition_is_told_at_its_line(report):
    with pytest.raises(Refused) as refused:
        again(report, folder(kpis=[{**KPI, "target": "5"}]))
    assert places(refused.value.problems) == [(KPIS, 2, "target", "target_wrong_side")]


def test_values_of_the_future_are_refused_and_nothing_is_kept():
    values = [*VALUES, {**VALUES[0], "date": "2026-04-01"}, {**VALUES[0], "date": "2026-03-01"}]
    with pytest.raises(Refused) as refused:
        load(folder(values=values), Founding("Port"), source="port")
    assert places(refused.value.problems) == [(MEASUREMENTS, 5, "date", "future_period")]
    assert not Organisation.objects.exists()


def test_a_wrong_last_row_leaves_an_organisation_as_it_was(report):
    before = everything_of(report.organisation)
    files = folder(
        goals=[{**GOAL, "title": "Shrink"}, CHILD, {**CHILD, "id": "G3", "unit_of_organisation": "Docks"}],
        kpis=[{**KPI, "target": "50"}],
        values=[value(1, "99"), value(12, "1"), {**VALUES[0], "date": "2099-01-01"}],
    )
    with pytest.raises(Refused):
        again(report, files)
    assert everything_of(report.organisation) == before
    assert not Unit.objects.exists()


def test_a_dry_run_says_the_same_and_keeps_nothing(report):
    tried = load(folder(), Founding("Dry"), source="dry", dry_run=True)
    assert (tried.goals["new"], tried.kpis["new"], tried.values["new"]) == (2, 1, 3)
    assert not Organisation.objects.filter(name="Dry").exists()
    before = everything_of(report.organisation)
    assert again(report, folder(values=[value(1, "99")]), dry_run=True).values["changed"] == 1
    assert everything_of(report.organisation) == before


def test_another_organisation_is_not_touched(report, cast):
    grow = cast.goal("Grow", external_id="G1")
    before = everything_of(cast.works)[:5]
    again(report, folder(goals=[{**GOAL, "title": "Mine"}, CHILD]))
    assert everything_of(cast.works)[:5] == before
    assert Goal.objects.get(pk=grow.pk).title == "Grow"


def test_the_number_of_queries_does_not_grow_with_the_rows():
    def queries(count):
        goals = [GOAL, *({**CHILD, "id": f"G{number}"} for number in range(2, count + 2))]
        kpis = [{**KPI, "id": f"K-{number}"} for number in range(count)]
        values = [{**row, "kpi_id": f"K-{number}"} for number in range(count) for row in VALUES]
        with CaptureQueriesContext(connection) as caught:
            load(folder(goals, kpis, values), Founding(f"Port {count}"), source="port")
        return len(caught)

    assert queries(3) == queries(15)
