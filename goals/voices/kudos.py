"""Kudos: thanks from person to person, linked to a goal that all of them see (docs/domain.md section 15)."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade import versions
from goals.audience import people_who_see
from goals.models import Goal, Kudos, KudosJoined, KudosReceiver
from people.models import Person
from people.notifications import notify, take_back

LONGEST = 2000
MOST = 20
MOST_LIKELY = 8
TOLD = 200


def give(goal: Goal, receivers: Sequence[Person], text: str, *, by: Person) -> Kudos:
    """Kudos, of which the thanked are told. Raises ValidationError (`text`: required, max_length; `receivers`:
    required, too_many, yourself, cannot_see_goal)."""
    text = checked(text)
    with transaction.atomic():
        refuse_receivers(goal, receivers, by)
        made = Kudos.objects.create(organisation_id=goal.organisation_id, goal=goal, author=by, text=text)
        KudosReceiver.objects.bulk_create(
            KudosReceiver(organisation_id=goal.organisation_id, kudos=made, person=each) for each in receivers
        )
        facts = {"by": by.name, "goal": goal.title, "text": Truncator(text).chars(TOLD)}
        notify(receivers, "kudos", key=str(made.pk), url=address(made), **facts)
        return made


def refuse_receivers(goal: Goal, receivers: Sequence[Person], by: Person) -> None:
    wanted = {person.pk for person in receivers}
    if not wanted:
        raise refused("receivers", "required", _("Say whom you thank."))
    if len(wanted) > MOST:
        raise refused("receivers", "too_many", _("Thank at most %(most)s people at once.") % {"most": MOST})
    if by.pk in wanted:
        raise refused("receivers", "yourself", _("You cannot thank yourself."))
    if people_who_see(goal).filter(pk__in=wanted).count() != len(wanted):
        raise refused("receivers", "cannot_see_goal", _("Somebody among them may not see this goal."))


def edit(kudos: Kudos, text: str, *, version: int | None = None) -> Kudos:
    """Other words; they are marked as edited. Raises ValidationError (`text`) and VersionMismatch."""
    text = checked(text)
    with transaction.atomic():
        now = versions.locked(Kudos.objects.filter(withdrawn_at=None), kudos.pk, version)
        if text != now.text:
            now.text, now.edited_at = text, timezone.now()
            now.version += 1
            now.save()
        return now


def withdraw(kudos: Kudos, *, version: int | None = None) -> Kudos:
    """Takes it back: its words go, and so does what was told of it."""
    with transaction.atomic():
        now = versions.locked(Kudos.objects.all(), kudos.pk, version)
        if now.withdrawn_at is None:
            now.text, now.withdrawn_at = "", timezone.now()
            now.version += 1
            now.save()
            take_back("kudos", str(now.pk))
        return now


def join(kudos: Kudos, person: Person, *, joins: bool) -> None:
    """Thanks too, or no longer; a second time changes nothing."""
    if joins:
        same = {"organisation_id": kudos.organisation_id}
        KudosJoined.objects.get_or_create(kudos=kudos, person=person, defaults=same)
    else:
        KudosJoined.objects.filter(kudos=kudos, person=person).delete()


def checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise refused("text", "required", _("Say what you thank for."))
    if len(text) > LONGEST:
        raise refused("text", "max_length", _("That is too long: at most %(most)s letters.") % {"most": f"{LONGEST:,}"})
    return text


def refused(field: str, code: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})


def address(kudos: Kudos) -> str:
    return f"{reverse('goals:detail', args=[kudos.goal_id])}#kudos-{kudos.pk}"


def shown(rows: QuerySet[Kudos]) -> QuerySet[Kudos]:
    """With all that a list shows of them, in a fixed number of queries."""
    return rows.select_related("author", "goal__level").prefetch_related("receivers", "joined")


def to_thank(goal: Goal, by: Person) -> list[Person]:
    """Whom one most likely thanks for a goal: its owner, its contributors, and the owners of the goals right below."""
    below = Goal.objects.visible_to(by).filter(parent=goal, owner__isnull=False).open().select_related("owner")
    people = [goal.owner, *goal.contributors.all()[:MOST_LIKELY], *(each.owner for each in below.in_tree_order())]
    seen = {each.pk: each for each in people if each is not None and each.pk != by.pk and each.is_active}
    return list(seen.values())[:MOST_LIKELY]
