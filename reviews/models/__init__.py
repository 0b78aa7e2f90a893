"""Reviews, their rhythm, the check-ins and what is decided: one module a subject."""

from reviews.models.calendar import CalendarFeed, Invitation, WithoutInvitations
from reviews.models.check_in import CheckIn, CheckInQuerySet
from reviews.models.decision import Decision, DecisionQuerySet
from reviews.models.minutes import Correction, MailedMinutes
from reviews.models.review import Review, ReviewQuerySet
from reviews.models.rhythm import Cadence, FreeDay, GoalRhythm, LevelRhythm, ReviewSettings

__all__ = [
    "Cadence",
    "CalendarFeed",
    "CheckIn",
    "CheckInQuerySet",
    "Correction",
    "Decision",
    "DecisionQuerySet",
    "FreeDay",
    "GoalRhythm",
    "Invitation",
    "LevelRhythm",
    "MailedMinutes",
    "Review",
    "ReviewQuerySet",
    "ReviewSettings",
    "WithoutInvitations",
]
