"""Reviews, their rhythm, the check-ins and what is decided: one module a subject."""

from reviews.models.check_in import CheckIn, CheckInQuerySet
from reviews.models.decision import Decision, DecisionQuerySet
from reviews.models.minutes import Correction, MailedMinutes
from reviews.models.review import Review, ReviewQuerySet
from reviews.models.rhythm import FreeDay, GoalRhythm, LevelRhythm, ReviewSettings

__all__ = [
    "CheckIn",
    "CheckInQuerySet",
    "Correction",
    "Decision",
    "DecisionQuerySet",
    "FreeDay",
    "GoalRhythm",
    "LevelRhythm",
    "MailedMinutes",
    "Review",
    "ReviewQuerySet",
    "ReviewSettings",
]
