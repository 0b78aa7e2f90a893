"""What derived KPIs add to a roll-up, at 1,000 and 10,000 goals with three KPIs each.

python -m bench.derived [--goals 1000 10000] [--sqlite]

Of every goal with goals below it the first KPI is the sum of the first KPIs of these. So one measurement at the bottom
changes a derived KPI at every goal above it. Its floor is the roll-up of a measurement at the same depth on which
nothing depends; the floor of everything is the same roll-up with all values entered by hand.
"""

import argparse
import itertools
import tempfile
from collections import defaultdict
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
            for goals in asked.goals:
                measure(goals)


def measure(goals: int) -> None:
    from goals import progress
    from kpis.models import Kpi
    from kpis.recording import Entry, record
    from tests.company import grow

    works = grow(goals, name=f"Works{goals}")
    progress.roll_up(works.pk, everything=True)
    by_hand = alternate(2, everything=partial(progress.roll_up, works.pk, everything=True))["everything"]
    derived = derive(works)
    progress.roll_up(works.pk, everything=True)
    deepest = Kpi.objects.filter(organisation=works).order_by("-goal__depth", "pk")
    feeding, alone = deepest.filter(key__endswith="_0").first(), deepest.filter(key__endswith="_1").first()
    values = itertools.cycle(Decimal(n) / 7 for n in range(1, 700))

    def rolled(kpi) -> None:
        record(works, [Entry(kpi.pk, works.today(), round(next(values), 4), note="bench")], by=None)
        progress.roll_up(works.pk)

    print(f"\n{goals} goals, {derived} derived KPIs, {feeding.goal.depth} levels above one measurement")
    found = alternate(15, feeding=partial(rolled, feeding), alone=partial(rolled, alone))
    with statements() as sent:
        rolled(feeding)
    print(
        f"one measurement, recorded and rolled up: {found['feeding']:.1f}, floor {found['alone']:.1f}, "
        f"ratio {found['feeding'] / found['alone']:.1f}x; {len(sent)} statements"
    )
    everything = alternate(2, everything=partial(progress.roll_up, works.pk, everything=True))["everything"]
    print(f"everything: {everything:.0f}, all by hand {by_hand:.0f}, ratio {everything / by_hand:.1f}x")
    assert progress.differences(works) == []


def derive(works) -> int:
    from goals.models import Goal
    from kpis.models import Kpi
    from kpis.rolled import graph, links

    first = dict(Kpi.objects.filter(organisation=works, key__endswith="_0").values_list("goal_id", "pk"))
    below = defaultdict(list)
    for goal, parent in Goal.objects.filter(organisation=works, parent__isnull=False).values_list("pk", "parent_id"):
        below[parent].append({"source": first[goal]})
    kpis = list(Kpi.objects.filter(pk__in=[first[goal] for goal in below]))
    for kpi in kpis:
        kpi.source, kpi.method, kpi.missing = "rollup", "sum", "skip"
        kpi.links = links.kept(below[kpi.goal_id])
        kpi.measurements.all().delete()
    Kpi.objects.bulk_update(kpis, ["source", "method", "missing", "links"], batch_size=500)
    graph.settle_all(works.pk)
    return len(kpis)


if __name__ == "__main__":
    main()
