"""A person in front of a browser. It notes every console error, refusal of the content policy, failed request and
request to another host; the `visit` fixture fails the test when there is one."""

import re
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.servers import find_chromium

LAUNCH = {
    "executable_path": find_chromium(),
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ],
}
WIDE, PHONE, SMALL_PHONE, SMALLEST = (1440, 900), (390, 844), (360, 740), (320, 640)
ANSWERED = re.compile(r"(?:Failed to load .* with a status of|Response Status Error Code) (\d+)")


class Visitor:
    """`page` is Playwright's. `refusals` holds the statuses that this test expects; no other above 399 may come."""

    def __init__(self, browser: Browser, url: str, client: Client | None = None, timezone: str = "UTC"):
        self.url, self.problems, self.refusals = url, [], set()
        self.context = browser.new_context(
            base_url=url,
            viewport={"width": WIDE[0], "height": WIDE[1]},
            color_scheme="light",
            timezone_id=timezone,
            reduced_motion="reduce",
        )
        if client:
            name = settings.SESSION_COOKIE_NAME
            self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self.note_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("requestfailed", self.note_failure)
        self.page.on("request", self.note_request)

    def open(self, path: str, status: int = 200) -> Page:
        """Goes to a path of Cascade; the answer must have this status."""
        self.refusals |= {status} if status >= 400 else set()
        answer = self.page.goto(path)
        assert answer.status == status, (path, answer.status)
        return self.page

    def note_console(self, message):
        if message.type not in ("error", "warning"):
            return
        answered = ANSWERED.match(message.text)
        if not (answered and int(answered[1]) in self.refusals):
            self.problems.append(f"console: {message.text} ({message.location.get('url')})")

    def note_failure(self, request):
        if request.failure != "net::ERR_ABORTED":  # the page was left before the answer came
            self.problems.append(f"failed: {request.url} {request.failure}")

    def note_request(self, request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(self.url).netloc:
            self.problems.append(f"another host: {request.url}")

    def finish(self) -> list[str]:
        self.context.close()
        return self.problems

    def check_looks(self) -> None:
        """The open page is accessible in both themes, wide and on a phone, and never scrolls sideways."""
        for scheme in ("light", "dark"):
            for size in (WIDE, PHONE):
                self.resize(size, scheme)
                found = self.violations()
                assert found == [], (scheme, size, found)
        for size in (WIDE, PHONE, SMALL_PHONE, SMALLEST):
            self.resize(size, "light")
            assert self.overhang() == 0, size
        self.resize(WIDE, "light")

    def resize(self, size: tuple[int, int], scheme: str) -> None:
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def violations(self) -> list[str]:
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in found for node in each["nodes"]
        ]

    def overhang(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
