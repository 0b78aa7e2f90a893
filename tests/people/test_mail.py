"""Mails: two forms of the same words, in the language and on the clock of who gets them."""

import datetime as dt
from email import message_from_bytes, policy

import pytest
from django.conf import settings as configured

from people import mail

HTML = """{% extends "mail/base.html" %}{% load i18n ui %}{% block main %}<h1>{{ words }}</h1>
{% include "mail/button.html" with url=base_url words=at|moment only %}{% endblock %}"""
TEXT = """{% extends "mail/base.txt" %}{% load i18n ui %}{% block subject %}Hello {{ words }}{% endblock %}
{% block text %}{{ words }} at {{ at|moment }}, {% translate "Sign out" %}{% endblock %}"""
AT = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def hello(settings, tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/hello.html").write_text(HTML)
    (tmp_path / "mail/hello.txt").write_text(TEXT)
    settings.TEMPLATES = [{**configured.TEMPLATES[0], "DIRS": [*configured.TEMPLATES[0]["DIRS"], tmp_path]}]


def sent(mailoutbox):
    [message] = mailoutbox
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


def part(message, kind: str) -> str:
    return message.get_body((kind,)).get_content()


def test_both_forms_say_the_same_and_only_one_escapes(cast, mailoutbox):
    mail.send(cast.bo, "hello", {"words": "Ada & <Bo>", "at": AT})
    message = sent(mailoutbox)
    assert message["Subject"] == "Hello Ada & <Bo>"
    assert "Ada & <Bo> at" in part(message, "plain")
    assert "<h1>Ada &amp; &lt;Bo&gt;</h1>" in part(message, "html")
    assert "Works" in part(message, "plain")
    assert f'href="{configured.BASE_URL}"' in part(message, "html")


def test_it_is_in_the_language_and_on_the_clock_of_who_gets_it(cast, mailoutbox):
    cast.bo.language, cast.bo.timezone = "nb", "Europe/Oslo"
    mail.send(cast.bo, "hello", {"words": "x", "at": AT})
    assert "0:30" in part(sent(mailoutbox), "plain")
    assert "Logg ut" in part(sent(mailoutbox), "plain")
    assert '<html lang="nb">' in part(sent(mailoutbox), "html")


def test_names_and_subjects_cannot_begin_a_header(cast, mailoutbox):
    cast.bo.name = "Bo\r\nBcc: eve@elsewhere.example, Ø"
    mail.send(cast.bo, "hello", {"words": "x\nBcc: eve@elsewhere.example\u2028y", "at": AT})
    message = sent(mailoutbox)
    assert message["Bcc"] is None
    [to] = message["To"].addresses
    assert (to.display_name, to.addr_spec) == ("Bo Bcc: eve@elsewhere.example, Ø", "bo@works.example")
    assert message["Subject"] == "Hello x Bcc: eve@elsewhere.example y"


def test_headers_say_that_a_machine_wrote_it(cast, mailoutbox, settings):
    settings.DEFAULT_FROM_EMAIL = "Cascade <cascade@mail.example>"
    mail.send(cast.bo, "hello", {"words": "x", "at": AT}, headers={"List-Id": "<reminders.example>"})
    message = sent(mailoutbox)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@mail.example>")
    assert (message["From"], message["List-Id"]) == ("Cascade <cascade@mail.example>", "<reminders.example>")


def test_attachments_come_along(cast, mailoutbox):
    mail.send(cast.bo, "hello", {"words": "x", "at": AT}, attachments=[("a.pdf", b"%PDF", "application/pdf")])
    [attached] = sent(mailoutbox).iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("a.pdf", b"%PDF")


def test_without_a_mail_server_it_is_a_file(cast, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "sent"
    mail.send(cast.bo, "hello", {"words": "x", "at": AT})
    [file] = (tmp_path / "sent").iterdir()
    assert "Subject: Hello x" in file.read_text()
