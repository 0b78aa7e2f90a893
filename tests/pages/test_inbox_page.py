"""The inbox in a browser: how it looks, and by keyboard."""

import pytest

from people.models import Notification
from people.notifications import notify

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("hello")]


def test_notifications_look_right_and_are_put_off_by_keyboard(cast, visit):
    for word in ("hello", "long " * 60, "x" * 300):
        notify([cast.bo], "hello", word[:20], "/goals/", by="Ada", word=word)
    visitor = visit(cast.bo)
    page = visitor.open("/notifications/")
    page.locator(".inbox-snooze > summary").first.focus()
    page.keyboard.press("Enter")
    visitor.check_looks()
    page.get_by_label("Why").first.fill("after the holiday")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("2 are new.").wait_for()
    assert Notification.objects.get(snooze_reason="after the holiday").snoozed_until
    page.get_by_role("link", name="Put off").click()
    page.get_by_text("after the holiday").wait_for()
    visitor.open("/notifications/settings/")
    visitor.check_looks()
