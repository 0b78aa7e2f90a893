"""What each page costs the server at 1,000 and 10,000 goals with three KPIs each.

python -m bench.pages [--goals 1000 10000] [--sqlite]

The floor is a page with nothing in its frame but a small form. A page costs times the floor; the last column says how
it grows from the smaller company to the larger one.
"""

import argparse
import tempfile
from contextlib import nullcontext

from bench.measuring import alternate, set_up, statements
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
            print(f"on {'SQLite' if asked.sqlite else 'PostgreSQL'}; CPU ms of web process and database, medians")
            told = [measure(goals) for goals in asked.goals]
    print(f"{'page':20}", *(f"{goals:>8} goals" for goals in asked.goals), "  times the floor, queries")
    for name in told[-1]:
        found = [each[name] for each in told]
        growth = f"   {found[-1][0] / found[0][0]:.1f}x" if len(found) > 1 else ""
        times = ", ".join(f"{ms / each['floor'][0]:.1f}" for (ms, _), each in zip(found, told, strict=True))
        print(f"{name:20}", *(f"{ms:11.0f} ms" for ms, _ in found), f"  {times}; {found[-1][1]}{growth}")


def measure(goals: int) -> dict[str, tuple[float, int]]:
    """By page the milliseconds and the number of queries."""
    from django.conf import settings
    from django.db.models import F
    from django.test import Client

    from goals import progress
    from goals.models import Goal
    from kpis.models import Kpi
    from people.models import Person
    from tests.company import grow

    settings.ALLOWED_HOSTS = ["testserver"]
    works = grow(goals, name=f"Works{goals}")
    ada = Person.objects.get(organisation=works)
    leaf = Goal.objects.filter(organisation=works, rght=F("lft") + 1).order_by("pk").last()
    top = Goal.objects.filter(organisation=works, parent=None).order_by("pk").first()
    Goal.objects.filter(pk=leaf.pk).update(owner=ada)
    Goal.objects.filter(pk=top.pk).update(owner=ada)
    progress.roll_up(works.pk, everything=True)
    progress.snapshot(works, works.today())
    kpi = Kpi.objects.filter(goal=top).order_by("pk").first()
    opened = ",".join(
        str(pk) for pk in Goal.objects.filter(organisation=works, depth__lt=2).values_list("pk", flat=True)
    )
    reader = Client()
    reader.force_login(ada)
    addresses = {
        "floor": "/accounts/password/change/",
        "line of sight": "/",
        "goals": "/goals/",
        "goals, two levels": f"/goals/?open={opened}",
        "goals, searched": "/goals/?q=goal+99",
        "goal, top": f"/goals/{top.pk}/",
        "goal, lowest": f"/goals/{leaf.pk}/",
        "calculation": f"/goals/{top.pk}/explain/",
        "KPI": f"/kpis/{kpi.pk}/",
        "dashboard": "/dashboard/",
        "dashboard, cascade": "/dashboard/cascade/",
        "dashboard, progress": "/dashboard/progress/",
        "strategy map": "/strategy-map/",
        "insights": "/insights/",
        "what if": "/what-if/",
        "reviews": "/reviews/",
        "search": "/search/?q=goal+99",
    }
    there = {name: address for name, address in addresses.items() if reader.get(address).status_code == 200}
    taken = alternate(ROUNDS, **{name: lambda address=address: reader.get(address) for name, address in there.items()})
    found = {}
    for name, address in there.items():
        with statements() as sent:
            reader.get(address)
        found[name] = (taken[name], len(sent))
    return found


if __name__ == "__main__":
    main()
