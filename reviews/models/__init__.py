"""Reviews and their rhythm: one module a subject."""

from reviews.models.review import Review, ReviewQuerySet
from reviews.models.rhythm import FreeDay, GoalRhythm, LevelRhythm, ReviewSettings

__all__ = ["FreeDay", "GoalRhythm", "LevelRhythm", "Review", "ReviewQuerySet", "ReviewSettings"]
