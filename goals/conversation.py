"""A comment as its page shows it."""

import re
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from cascade.links import linked
from goals.access import can_delete_comment, can_edit_comment
from goals.models import Comment
from people.models import Person


@dataclass(frozen=True)
class Said:
    """One comment; `html` is its text, escaped, with links and the mentioned marked."""

    comment: Comment
    html: SafeString
    may_edit: bool
    may_delete: bool


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
