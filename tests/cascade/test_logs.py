"""Logs hold no links that act without signing in."""

from django.conf import settings
from django.test import Client


def test_the_address_of_a_link_is_not_logged(cast, caplog):
    Client().get("/record/a-secret-token/")
    made = settings.LOGGING["formatters"]["json"]
    formatter = made["()"](processors=made["processors"], foreign_pre_chain=made["foreign_pre_chain"])
    lines = [formatter.format(record) for record in caplog.records]
    assert lines
    assert any("/record/..." in line for line in lines)
    assert not any("a-secret-token" in line for line in lines)
