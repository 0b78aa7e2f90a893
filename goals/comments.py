"""Comments on goals: plain text, with people named by @."""

import re
from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade import versions
from goals.audience import people_who_see
from goals.models import Comment, Goal, Mention
from people.models import Person
from people.notifications import notify

LONGEST = 10_000
MOST_MENTIONED = 50
AT = re.compile(r"(?<![\w@.])@(?=\S)")
ADDRESS = re.compile(r"\s*<([^<>\s]+)>")
TOLD = 200


def create(goal: Goal, text: str, *, by: Person) -> Comment:
    """A comment, of which the mentioned and the goal's owner are told. Raises ValidationError (`text`: required,
    max_length, several_called_so, too_many_mentioned)."""
    with transaction.atomic():
        written, mentioned = understood(goal, text)
        made = Comment.objects.create(organisation_id=goal.organisation_id, goal=goal, author=by, text=written)
        mention(made, mentioned)
        tell(made, mentioned)
        return made


def edit(comment: Comment, text: str, *, version: int | None = None) -> Comment:
    """Other words; who is mentioned only now is told. Raises as `create` does, and VersionMismatch."""
    with transaction.atomic():
        comment = versions.locked(Comment.objects.select_related("goal", "author"), comment.pk, version)
        before = set(comment.mentioned.values_list("pk", flat=True))
        written, mentioned = understood(comment.goal, text, before)
        if written == comment.text:
            return comment
        comment.text, comment.edited_at = written, timezone.now()
        comment.version += 1
        comment.save()
        comment.mentions.all().delete()
        mention(comment, mentioned)
        tell(comment, [person for person in mentioned if person.pk not in before], owner=False)
        return comment


def delete(comment: Comment, *, version: int | None = None) -> Comment:
    """Takes its words away; that somebody said something stays."""
    with transaction.atomic():
        comment = versions.locked(Comment.objects.select_related("author"), comment.pk, version)
        if comment.deleted_at is None:
            comment.text, comment.deleted_at = "", timezone.now()
            comment.version += 1
            comment.save()
            comment.mentions.all().delete()
        return comment


def understood(goal: Goal, text: str, known: Collection[int] = ()) -> tuple[str, list[Person]]:
    """The text as it is kept, and who is mentioned in it: only people who may see the goal are. Of several
    with one name the one among `known` is meant."""
    text = text.strip()
    if not text:
        raise refused("required", _("Write something."))
    if len(text) > LONGEST:
        raise refused("max_length", _("That is too long: at most %(most)s letters.") % {"most": f"{LONGEST:,}"})
    written, found = named(text, people_who_see(goal), known) if "@" in text else (text, {})
    if len(found) > MOST_MENTIONED:
        raise refused("too_many_mentioned", _("Mention at most %(most)s people.") % {"most": MOST_MENTIONED})
    return written, list(found.values())


def named(text: str, people: Iterable[Person], known: Collection[int]) -> tuple[str, dict[int, Person]]:
    """Who is named after an @, the longest name that fits; an e-mail address behind it, which says who of several is
    meant, is left out of the text."""
    by_name: dict[str, list[Person]] = {}
    for person in people:
        by_name.setdefault(person.name.casefold(), []).append(person)
    lengths = sorted({len(person.name) for namesakes in by_name.values() for person in namesakes}, reverse=True)
    pieces, end, found = [], 0, {}
    for at in AT.finditer(text):
        if at.start() < end:
            continue
        meant, after = called(text, at.end(), by_name, lengths, known)
        if meant is None:
            continue
        found[meant.pk] = meant
        pieces.append(text[end : at.end() + len(meant.name)])
        end = after
    return "".join([*pieces, text[end:]]), found


def called(
    text: str, start: int, by_name: dict[str, list[Person]], lengths: list[int], known: Collection[int]
) -> tuple[Person | None, int]:
    """The person whose name begins at `start`, and where what names them ends."""
    for length in lengths:
        end = start + length
        people = by_name.get(text[start:end].casefold(), [])
        if not people or len(text[start:end]) < length or text[end : end + 1].isalnum():
            continue
        address = ADDRESS.match(text, end)
        by_address = [person for person in people if address and person.email.casefold() == address[1].casefold()]
        if by_address:
            return by_address[0], address.end()
        people = [person for person in people if person.pk in known] or people
        if len(people) > 1:
            message = _("Several people are called %(name)s: choose one from the list.")
            raise refused("several_called_so", message % {"name": people[0].name})
        return people[0], end
    return None, start


def refused(code: str, message: str) -> ValidationError:
    return ValidationError({"text": ValidationError(message, code=code)})


def mention(comment: Comment, people: Iterable[Person]) -> None:
    same = {"organisation_id": comment.organisation_id, "comment": comment}
    Mention.objects.bulk_create(Mention(person=person, **same) for person in people)


def tell(comment: Comment, mentioned: Iterable[Person], owner: bool = True) -> None:
    """Each hears of a comment once: as somebody mentioned, else as the goal's owner."""
    facts = {
        "by": comment.author.name,
        "goal": comment.goal.title,
        "text": Truncator(comment.text).chars(TOLD),
        "url": f"{reverse('goals:detail', args=[comment.goal_id])}?comment={comment.pk}#comment-{comment.pk}",
    }
    told = {person.pk: person for person in mentioned if person.pk != comment.author_id}
    notify(told.values(), "mention", key=f"{comment.pk}", **facts)
    whose = comment.goal.owner
    if owner and whose and whose.pk not in told and whose.pk != comment.author_id:
        notify([whose], "comment", key=f"{comment.pk}", **facts)
