"""One process of the stress test: records values or moves goals for some seconds, then says what was acknowledged.

python -m tests.stress.actor writer|mover ORGANISATION --seconds S --seed N [--without-lock]
"""

import argparse
import json
import os
import random
import time
from contextlib import contextmanager
from decimal import Decimal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cascade.settings")


def main() -> None:
    import django

    django.setup()
    arguments = argparse.ArgumentParser()
    arguments.add_argument("role", choices=["writer", "mover"])
    arguments.add_argument("organisation", type=int)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--without-lock", action="store_true")
    asked = arguments.parse_args()
    if asked.without_lock:
        remove_lock()
    chance = random.Random(asked.seed)  # noqa: S311  reproducible, not secret
    act = write if asked.role == "writer" else move
    done = refused = 0
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        if act(asked.organisation, chance):
            done += 1
        else:
            refused += 1
    print(json.dumps({"role": asked.role, "done": done, "refused": refused}))


def write(organisation_id: int, chance: random.Random) -> bool:
    """A corrected or repeated value for this month; True when a revision was acknowledged."""
    from kpis.models import Kpi
    from kpis.recording import Entry, record
    from people.models import Organisation

    organisation = Organisation.objects.get(pk=organisation_id)
    ids = list(Kpi.objects.filter(organisation=organisation).values_list("pk", flat=True))
    value = Decimal(chance.randint(0, 1500)) / 10
    outcome = record(organisation, [Entry(chance.choice(ids), organisation.today(), value, note="stress")], by=None)
    return outcome.accepted == 1


def move(organisation_id: int, chance: random.Random) -> bool:
    """Some goal below some other place; True when it moved."""
    from django.core.exceptions import ValidationError
    from django.db import DatabaseError

    from cascade.errors import Conflict
    from goals import tree
    from goals.models import Goal

    goals = Goal.objects.filter(organisation_id=organisation_id)
    ids = list(goals.exclude(depth=0).values_list("pk", flat=True))
    goal = goals.get(pk=chance.choice(ids))
    parent = goals.filter(level__rank__lte=goal.level.rank).exclude(pk=goal.pk).order_by("?").first()
    try:
        tree.move(goal, parent, by=None)
    except (ValidationError, Conflict, DatabaseError, Goal.DoesNotExist):
        return False
    return True


def remove_lock() -> None:
    """What the tree would be without the organisation's lock: the same code in plain transactions."""
    from django.db import transaction

    from goals import structure
    from people.models import Organisation

    @contextmanager
    def unlocked(organisation_id):
        with transaction.atomic():
            yield Organisation.objects.get(pk=organisation_id)

    structure.lock = unlocked
    structure.require_lock = lambda organisation_id: None


if __name__ == "__main__":
    main()
