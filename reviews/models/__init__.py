"""Reviews, their rhythm and the check-ins: one module a subject."""

from reviews.models.check_in import CheckIn, CheckInQuerySet
from reviews.models.review import Review, ReviewQuerySet
from reviews.models.rhythm import FreeDay, GoalRhythm, LevelRhythm, ReviewSettings

__all__ = [
    "CheckIn",
    "CheckInQuerySet",
    "FreeDay",
    "GoalRhythm",
    "LevelRhythm",
    "Review",
    "ReviewQuerySet",
    "ReviewSettings",
]
