"""What a what-if answers in, at 1,000 and 10,000 goals with three KPIs each: what one recalculation takes.

python -m bench.whatif [--goals 1000 10000] [--sqlite]

Asked are one target, one move to another branch, a re-organisation of 50 moves, and 100 lines of both kinds; each also
with something that waits for its roll-up. The last lines ask as a browser does: a change in a draft of 20 lines, the
draft's page, and the tree of a draft of 50 moves. The floor is the full roll-up that a careless what-if would be.
"""

import argparse
import itertools
import random
import statistics
import tempfile
import time
from contextlib import nullcontext
from decimal import Decimal

from bench.measuring import cpu, set_up, statements
from tests.servers import postgres

ROUNDS = 5


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--goals", type=int, nargs="+", default=[1000, 10000])
    arguments.add_argument("--sqlite", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = nullcontext(f"sqlite:///{folder}/bench.sqlite3") if asked.sqlite else postgres(durable=True)
        with server as url:
            set_up(url)
            print(f"on {'SQLite' if asked.sqlite else 'PostgreSQL'}; ms on the clock and of CPU, medians of {ROUNDS}")
            for goals in asked.goals:
                measure(goals)


def measure(goals: int) -> None:
    from goals import progress
    from kpis.draft_effects import effects_of
    from kpis.recording import Entry, record
    from kpis.supposing import trial
    from people.models import Person
    from tests.company import grow

    works = grow(goals, name=f"Works{goals}")
    progress.roll_up(works.pk, everything=True)
    ada = Person.objects.get(organisation=works)
    print(f"\n{goals} goals")

    def ask(lines):
        return effects_of(ada, trial(works, lines).found)

    for name, lines in questions(works).items():
        tell(name, ask, lines)
        first = next(line["id"] for line in questions(works)["one target"])
        record(works, [Entry(first, works.today(), Decimal(7), note="bench")], by=None)
        tell(f"{name}, a value waiting", ask, lines)
        progress.roll_up(works.pk)
    browse(works, ada)
    tell("a full roll-up", lambda _lines: [progress.roll_up(works.pk, everything=True)], None)


def browse(works, ada) -> None:
    from django.test import Client

    from goals.models import Draft, Goal
    from kpis.draft_lines import build

    asked = questions(works)
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(ada)
    lines = [((line["kind"], line["id"]), line["set"]) for line in asked["100 lines of both kinds"]]
    few = Draft.objects.create(organisation=works, owner=ada, name="Few", changes=build([], ada, lines[40:60]))
    many = Draft.objects.create(organisation=works, owner=ada, name="Many", changes=build([], ada, lines[:50]))
    goal = Goal.objects.get(pk=lines[40][0][1])
    sent = {"rollup_method": goal.rollup_method, "state": goal.state}
    weights = itertools.cycle(range(1, 10))

    def change(_lines):
        address = f"/what-if/{few.pk}/goal/{goal.pk}/"
        return browser.post(address, {"weight": next(weights), **sent}, headers={"HX-Request": "true"}).content

    tell("a change in a draft of 20 lines, in a browser", change, None)
    tell("the page of that draft", lambda _lines: browser.get(f"/what-if/{few.pk}/").content, None)
    tell("the tree of a draft of 50 moves", lambda _lines: browser.get(f"/goals/draft/{many.pk}/").content, None)


def tell(name: str, ask, lines) -> None:
    taken, worked = [], []
    for _ in range(ROUNDS):
        began, before = time.perf_counter(), cpu()
        found = ask(lines)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append(cpu() - before)
    with statements() as sent:
        ask(lines)
    size = f"{len(found)} goals" if isinstance(found, list) else f"{len(found) / 1000:.0f} kB"
    print(
        f"{name}: {statistics.median(taken):.0f} ({max(taken):.0f} at worst), CPU {statistics.median(worked):.0f};"
        f" {size}, {len(sent)} statements"
    )


def questions(works) -> dict[str, list[dict]]:
    """Lines as a draft keeps them."""
    from goals.models import Goal
    from kpis.models import Kpi

    chance = random.Random(1)
    rows = list(Goal.objects.filter(organisation=works, depth__gte=2).values_list("pk", "depth", "parent_id"))
    places = list(Goal.objects.filter(organisation=works, depth=1).values_list("pk", flat=True))
    kpis = list(Kpi.objects.filter(organisation=works, goal__depth__gte=2).order_by("pk").values_list("pk", flat=True))
    moves = [
        {"kind": "goal", "id": pk, "set": {"parent": chance.choice(places), "weight": "2"}}
        for pk, depth, _parent in chance.sample(rows, 100)
    ]
    targets = [{"kind": "kpi", "id": pk, "set": {"target": "120", "actual": "50"}} for pk in chance.sample(kpis, 50)]
    return {
        "one target": targets[:1],
        "one move": moves[:1],
        "50 moves": moves[:50],
        "100 lines of both kinds": [*moves[:50], *targets],
    }


if __name__ == "__main__":
    main()
