"""The one door through which mails leave: `templates/mail/<name>.txt` and `.html`, in the language and time zone of who
gets them.

It sends at once, so it is called by Celery tasks that were queued with `transaction.on_commit`.
"""

import zoneinfo
from collections.abc import Iterable, Mapping
from contextlib import closing
from email.utils import formataddr, make_msgid, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import get_template
from django.utils import timezone

from cascade.errors import NotTaken
from people import language
from people.models import Person

REFUSED = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError)
# Nobody's holiday notice answers it (RFC 3834).
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def send(
    person: Person,
    name: str,
    context: Mapping[str, Any],
    *,
    attachments: Iterable[Any] = (),
    headers: Mapping[str, str] | None = None,
) -> None:
    """`attachments` as Django takes them: (file name, content, type), or a MIME part. Templates find the `person`, the
    `base_url` of this Cascade and the context; `.txt` has a block `subject` and a block `text`. Raises NotTaken when
    the mail server cannot be reached or refuses, another OSError when nobody knows whether it has the mail."""
    with language.read_by(person), timezone.override(zoneinfo.ZoneInfo(person.timezone)):
        told = {**context, "person": person, "base_url": settings.BASE_URL}
        text = get_template(f"mail/{name}.txt")
        message = EmailMultiAlternatives(
            subject=one_line(text.render({**told, "part": "subject"})),
            body=text.render({**told, "part": "text"}).strip() + "\n",
            to=[formataddr((one_line(person.name), person.email))],
            attachments=list(attachments),
            headers={"Message-ID": make_msgid(domain=domain()), **AUTOMATIC, **(headers or {})},
        )
        message.attach_alternative(get_template(f"mail/{name}.html").render(told), "text/html")
    with closing(get_connection()) as server:
        try:
            server.open()
        except OSError as away:
            raise NotTaken(str(away)) from away
        try:
            server.send_messages([message])
        except REFUSED as refusal:
            raise NotTaken(str(refusal)) from refusal


def one_line(text: str) -> str:
    """What people typed cannot begin a header of its own."""
    return " ".join(text.split())


def domain() -> str:
    """Where we send from, so that the name of the machine stays unknown."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
