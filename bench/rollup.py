"""What a roll-up costs against its floor, at 1,000 and 10,000 goals with three KPIs each.

python -m bench.rollup [--goals 1000 10000] [--sqlite]

The floor of one measurement is a transaction that only updates the rows of its path by id; the floor of many is the
same for all rows that change; the floor of everything is one aggregate scan of the KPIs' figures and a write of every
goal's row.
"""

import argparse
import itertools
import tempfile
from contextlib import nullcontext
from decimal import Decimal
from functools import partial

from bench.measuring import alternate, set_up, statements
from tests.servers import postgres


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--goals", type=int, nargs="+", default=[1000, 10000])
    arguments.add_argument("--sqlite", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = nullcontext(f"sqlite:///{folder}/bench.sqlite3") if asked.sqlite else postgres(durable=True)
        with server as url:
            set_up(url)
            print(f"on {'SQLite' if asked.sqlite else 'PostgreSQL'}; CPU ms of client and database, medians")
            singles = [measure(goals) for goals in asked.goals]
            if len(singles) > 1:
                print(f"one measurement, {asked.goals[0]} -> {asked.goals[-1]} goals: {singles[-1] / singles[0]:.2f}x")


def measure(goals: int) -> float:
    from goals import progress
    from goals.models import DirtyMark
    from kpis.models import Kpi
    from kpis.recording import Entry
    from kpis.recording import record as record_values
    from tests.company import grow

    works = grow(goals, name=f"Works{goals}")
    progress.roll_up(works.pk, everything=True)
    kpis = list(Kpi.objects.filter(organisation=works).select_related("goal__cycle", "organisation").order_by("pk"))
    depth = max(kpi.goal.depth for kpi in kpis)
    deep = [kpi for kpi in kpis if kpi.goal.depth == depth]
    values = itertools.cycle(Decimal(n) / 7 for n in range(1, 700))

    def record(chosen):
        today, value = works.today(), next(values)
        record_values(works, [Entry(kpi.pk, today, round(value, 4), note="bench") for kpi in chosen], by=None)

    def record_and_roll_up(chosen):
        record(chosen)
        progress.roll_up(works.pk)

    def record_only(chosen):
        record(chosen)
        DirtyMark.objects.filter(organisation=works).delete()

    one, many = deep[:1], kpis[:: max(1, len(kpis) // 1000)][:1000]
    print(f"\n{goals} goals, {len(kpis)} KPIs")
    ways = {
        "one measurement": (one, 30),
        f"{len(many)} measurements": (many, 7),
    }
    medians = {}
    for name, (chosen, rounds) in ways.items():
        paths = rows_of(works, chosen)
        found = alternate(
            rounds,
            both=partial(record_and_roll_up, chosen),
            recording=partial(record_only, chosen),
            floor=partial(touch, *paths),
        )
        roll = found["both"] - found["recording"]
        with statements() as sent:
            record(chosen)
            recorded = len(sent)
            progress.roll_up(works.pk)
        medians[name] = roll
        print(
            f"{name}: roll-up {roll:.1f}, floor {found['floor']:.1f}, ratio {roll / found['floor']:.1f}x; "
            f"{len(sent) - recorded} statements (recording {found['recording']:.1f} in {recorded})"
        )
    single, several = medians.values()
    print(f"a dirty goal among many costs {several / len(many) / single:.3f}x of one alone")
    everything = alternate(
        3, subject=partial(progress.roll_up, works.pk, everything=True), floor=partial(scan_and_write, works)
    )
    print(
        f"everything, nothing changed: {everything['subject']:.0f}, floor {everything['floor']:.0f}, "
        f"ratio {everything['subject'] / everything['floor']:.1f}x"
    )
    assert progress.differences(works) == []
    return single


def rows_of(works, kpis) -> tuple[list[int], list[int]]:
    from goals import structure

    return [kpi.pk for kpi in kpis], structure.ancestor_ids({kpi.goal_id for kpi in kpis})


def touch(kpis: list[int], goals: list[int]) -> None:
    """Begin, update these rows by id, commit."""
    from django.db import transaction
    from django.db.models import Value

    from cascade.fields import figure_field
    from goals.models import GoalFigures
    from kpis.models import KpiFigures

    figure = Value(Decimal("0.123456789012345678"), output_field=figure_field())
    with transaction.atomic():
        KpiFigures.objects.filter(kpi_id__in=kpis).update(progress=figure)
        GoalFigures.objects.filter(goal_id__in=goals).update(progress=figure)
        transaction.set_rollback(True)


def scan_and_write(works) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.goal_id, count(f.progress) FROM kpis_kpifigures f JOIN kpis_kpi k ON k.id = f.kpi_id"
            " WHERE k.organisation_id = %s GROUP BY k.goal_id",
            [works.pk],
        )
        cursor.fetchall()
        cursor.execute("UPDATE goals_goalfigures SET counted = counted WHERE organisation_id = %s", [works.pk])
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
