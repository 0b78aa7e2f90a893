"""Which goal of a cycle goes on as which goal of the next one."""

from django.db import models

from goals.models.goal import Goal
from goals.models.planning import Cycle
from people.models import Organisation


class CarriedGoal(models.Model):
    """`goal` of `cycle` carries on `source` of an earlier cycle; a goal is carried into a cycle once."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="carried")
    source = models.ForeignKey(Goal, models.CASCADE, related_name="carried_to", db_index=False)
    goal = models.OneToOneField(Goal, models.CASCADE, related_name="carried_from")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "cycle"], name="goal_carried_once_a_cycle")]
