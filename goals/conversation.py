"""What was said about a goal as its page shows it: the newest comments last, earlier ones on demand."""

import re
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from cascade.links import linked
from goals.access import can_delete_comment, can_edit_comment
from goals.models import Comment, Goal
from people.models import Person

AT_FIRST = 10
MORE = 30
MOST = 500


@dataclass(frozen=True)
class Said:
    """One comment; `html` is its text, escaped, with links and the mentioned marked."""

    comment: Comment
    html: SafeString
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True)
class Conversation:
    said: list[Said]
    count: int

    @property
    def earlier(self) -> int:
        """How many are not shown."""
        return self.count - len(self.said)

    @property
    def more(self) -> int:
        """How many to ask for next."""
        return len(self.said) + MORE


def conversation(goal: Goal, person: Person, most: int = AT_FIRST, since: int | None = None) -> Conversation:
    """The last `most` comments, and all from the comment `since` on; three queries."""
    rows = goal.comments.select_related("author").prefetch_related("mentioned").order_by("-created_at", "-pk")
    count = goal.comments.count()
    if since is not None:
        most = max(most, newer(goal.comments, since))
    found = list(rows[: min(most, MOST)]) if count else []
    return Conversation([said(comment, person) for comment in reversed(found)], count)


def newer(rows: QuerySet, since: int) -> int:
    """How many comments there are from this one on."""
    return rows.filter(pk__gte=since).count()


def said(comment: Comment, person: Person) -> Said:
    return Said(comment, marked(comment), can_edit_comment(person, comment), can_delete_comment(person, comment))


def marked(comment: Comment) -> SafeString:
    names = sorted((person.name for person in comment.mentioned.all()), key=len, reverse=True)
    if not names:
        return linked(comment.text)
    pieces = re.split(f"(@(?:{'|'.join(map(re.escape, names))})(?!\\w))", comment.text, flags=re.IGNORECASE)
    told = [
        format_html('<b class="mention">{}</b>', piece) if place % 2 else linked(piece)
        for place, piece in enumerate(pieces)
    ]
    return mark_safe("".join(told))  # noqa: S308  every piece is escaped
