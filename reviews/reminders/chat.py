"""Reminders in a chat: an incoming webhook of Slack, Microsoft Teams or Mattermost.

What is written there may be read by others: links ask for signing in, and goals that not everybody sees are only
counted.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.errors import NotTaken
from cascade.outside import post
from people.models import Person
from reviews.models import ChatAddress, Reminder
from reviews.reminders.digest import Content, content_of, read_by

MARKDOWN = re.compile(r"([\\`*_\[\]()~|<>])")


def send(person: Person, rows: Sequence[Reminder]) -> None:
    """One message about all of it, at the person's own address or else the organisation's. Raises NotTaken when it
    surely did not arrive, another OSError when nobody knows."""
    addresses = ChatAddress.objects.filter(organisation=person.organisation_id)
    own = addresses.filter(person=person).first()
    address = own or addresses.filter(person=None).first()
    if address is None:
        raise NotTaken("there is no address")
    with read_by(person):
        content = content_of(person, rows)
        whom = "" if own else person.name
        payload = PAYLOADS[address.format](content, whom)
    post(address.url, payload)


def greet(address: ChatAddress, person: Person) -> None:
    """Says that Cascade can write there. Raises as `send`."""
    with read_by(person):
        content = Content(_("Cascade can write here. %(name)s tried it.") % {"name": person.name}, [])
        payload = PAYLOADS[address.format](content, "")
    post(address.url, payload)


def shown(content: Content) -> tuple[list, str]:
    """What everybody may read, and how much is left out."""
    items = [item for item in content.items if not item.private]
    left = len(content.items) - len(items)
    words = ngettext("%(count)s more in Cascade", "%(count)s more in Cascade", left) % {"count": left}
    return items, words if left else ""


def slack(content: Content, whom: str) -> dict[str, Any]:
    return {"text": lines(content, whom, for_slack, "*{}*", "<{url}|{words}>")}


def mattermost(content: Content, whom: str) -> dict[str, Any]:
    return {"text": lines(content, whom, for_markdown, "**{}**", "[{words}]({url})")}


def teams(content: Content, whom: str) -> dict[str, Any]:
    """An adaptive card, as the workflows of Teams take it."""
    text = lines(content, whom, for_markdown, "**{}**", "[{words}]({url})")
    blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in text.split("\n")]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": content_type, "content": card}]}


def lines(content: Content, whom: str, safe: Callable[[str], str], bold: str, link: str) -> str:
    items, more = shown(content)
    found = [bold.format(safe(f"{whom}: {content.heading}" if whom else content.heading))]
    for item in items:
        told = " · ".join(safe(words) for words in (item.detail, item.late) if words)
        found.append(f"{link.format(url=item.url, words=safe(item.title))} {told}".strip())
    return "\n".join([*found, *filter(None, [more])])


def for_slack(text: str) -> str:
    """What people typed calls nobody and links nowhere."""
    text = " ".join(text.split())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_markdown(text: str) -> str:
    """The same; a name after an @ is cut from it by a space that is not seen."""
    return MARKDOWN.sub(r"\\\1", " ".join(text.split())).replace("@", "@\u200b")


PAYLOADS = {
    ChatAddress.Format.SLACK: slack,
    ChatAddress.Format.TEAMS: teams,
    ChatAddress.Format.MATTERMOST: mattermost,
}
