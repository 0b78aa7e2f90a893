"""What the forecasts of an organisation cost beside its full roll-up, at 1,000 and 10,000 goals with three KPIs each.

python -m bench.forecast [--goals 1000 10000] [--months 10]
"""

import argparse
import tempfile

from bench.measuring import cpu, set_up, statements


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--goals", type=int, nargs="+", default=[1000, 10000])
    arguments.add_argument("--months", type=int, default=10)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(f"sqlite:///{folder}/bench.sqlite3")
        for goals in asked.goals:
            measure(goals, asked.months)


def measure(goals: int, months: int) -> None:
    from goals import past, progress
    from kpis.forecast import making
    from tests.company import grow

    works = grow(goals, name=f"Works{goals}", months=months)
    floor = taken(lambda: progress.roll_up(works.pk, everything=True))
    tree = past.tree_at(works)
    found: dict = {}
    trends = taken(lambda: found.update(making.foreseen(works, tree)))
    draws = taken(lambda: making.arrived(works, tree, found))
    with statements() as sent:
        whole = taken(lambda: making.make(works))
    again = taken(lambda: making.make(works))
    print(f"{goals} goals, {len(found)} KPIs: full roll-up {floor:.0f} ms of CPU; forecasts {whole:.0f}", end=" ")
    print(f"({whole / floor:.1f} x), again {again:.0f}; of it trends {trends:.0f}, draws {draws:.0f}", end=" ")
    print(f"({len(sent)} statements)")


def taken(act) -> float:
    before = cpu()
    act()
    return cpu() - before


if __name__ == "__main__":
    main()
