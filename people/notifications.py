"""Telling people what happened: the kinds of notification, and the one door through which they are told.

Each app registers its kinds in its `ready()`. A notification keeps names and numbers, not a sentence: it reads in
the language of whoever opens it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import MutedKind, Notification, Person


@dataclass(frozen=True)
class Kind:
    """`label` names the kind where a person mutes it; `sentence` has a `%(name)s` for each of the facts it needs."""

    slug: str
    label: str
    sentence: str
    icon: str = "bell"


@dataclass(frozen=True)
class Told:
    """One thing told to one person; `key`, `url` and `facts` as for `notify`."""

    person: Person
    kind: str
    key: str
    url: str
    facts: dict[str, Any]


KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    KINDS.update({kind.slug: kind for kind in kinds})


def notify(people: Iterable[Person], kind: str, key: str, url: str = "", **facts) -> None:
    """Tells each of the people once, in the transaction of what happened.

    `key` names what happened ("comment 12"): a second call with it tells nobody twice. `url` is the path that shows it;
    the caller tells only people who may see what the facts say. Who has left is not told.
    """
    tell(Told(person, kind, key, url, facts) for person in people)


def tell(things: Iterable[Told]) -> None:
    """Many things to many people, in two queries; each as by `notify`."""
    told = {(each.person.pk, each.kind, each.key): each for each in things if each.person.is_active}
    if unknown := {each.kind for each in told.values()} - KINDS.keys():
        raise KeyError(*unknown)
    people = {each.person.pk for each in told.values()}
    muted = set(MutedKind.objects.filter(person__in=people).values_list("person_id", "kind"))
    now = timezone.now()
    Notification.objects.bulk_create(
        [
            Notification(
                organisation_id=each.person.organisation_id,
                person=each.person,
                kind=each.kind,
                key=f"{each.kind} {each.key}",
                facts=each.facts,
                url=each.url,
                read_at=now if (each.person.pk, each.kind) in muted else None,
            )
            for each in told.values()
        ],
        ignore_conflicts=True,
    )


def take_back(kind: str, key: str) -> None:
    """What was told with this key is told no longer."""
    Notification.objects.filter(kind=kind, key=f"{kind} {key}").delete()


def sentence(notification: Notification) -> str:
    """What happened, in the language that is active."""
    kind = KINDS.get(notification.kind)
    if kind is None:
        return str(_("Something changed."))
    return str(kind.sentence) % defaultdict(str, notification.facts)


def icon(notification: Notification) -> str:
    kind = KINDS.get(notification.kind)
    return kind.icon if kind else "bell"
