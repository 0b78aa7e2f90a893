"""Reviews, their rhythm, the check-ins, what is decided and the reminders: one module a subject."""

from reviews.models.calendar import CalendarFeed, Invitation, WithoutInvitations
from reviews.models.check_in import CheckIn, CheckInQuerySet
from reviews.models.decision import Decision, DecisionQuerySet
from reviews.models.minutes import Correction, MailedMinutes
from reviews.models.reminder import Channel, ChatAddress, Digest, Reminder, ReminderWishes
from reviews.models.review import Review, ReviewQuerySet
from reviews.models.rhythm import Cadence, FreeDay, GoalRhythm, LevelRhythm, ReviewSettings

__all__ = [
    "Cadence",
    "CalendarFeed",
    "Channel",
    "ChatAddress",
    "CheckIn",
    "CheckInQuerySet",
    "Correction",
    "Decision",
    "DecisionQuerySet",
    "Digest",
    "FreeDay",
    "GoalRhythm",
    "Invitation",
    "LevelRhythm",
    "MailedMinutes",
    "Reminder",
    "ReminderWishes",
    "Review",
    "ReviewQuerySet",
    "ReviewSettings",
    "WithoutInvitations",
]
