"""Organisations, people and their keys: one module a subject."""

from people.models.keys import ApiToken, IdempotencyKey, Scope
from people.models.notification import MutedKind, Notification
from people.models.organisation import Level, Organisation, Unit, UnitQuerySet, check_timezone
from people.models.person import Person, PersonManager, PersonQuerySet, Role, reports_below

__all__ = [
    "ApiToken",
    "IdempotencyKey",
    "Level",
    "MutedKind",
    "Notification",
    "Organisation",
    "Person",
    "PersonManager",
    "PersonQuerySet",
    "Role",
    "Scope",
    "Unit",
    "UnitQuerySet",
    "check_timezone",
    "reports_below",
]
