from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone


def keep(apps, schema_editor):
    """What was reached before wins were kept is known, and no news any more."""
    figures = apps.get_model("goals", "GoalFigures").objects.filter(achieved=True, goal__state__in=("active", "closed"))
    win, now = apps.get_model("goals", "Win"), timezone.now()
    reached = figures.annotate(reached_on=Coalesce(F("goal__closed_on"), TruncDate("rolled_up_at")))
    rows = reached.values_list("organisation_id", "goal_id", "reached_on")
    made = [win(organisation_id=org, goal_id=goal, reached_on=on, told_at=now) for org, goal, on in rows.iterator()]
    win.objects.bulk_create(made, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("goals", "0008_signals_kudos_wins")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
