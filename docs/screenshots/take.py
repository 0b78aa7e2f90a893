"""Takes the pictures of every page, wide and on a phone, light and dark, of a demo company that runs.

make run                                   # in one terminal
.venv/bin/python docs/screenshots/take.py  # in another; needs Chromium (CHROMIUM=…) and requirements-dev.txt
"""

import datetime as dt
import os
import re
import sys
from base64 import b64decode
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
HERE = Path(__file__).parent
VIEWS = (("wide", 1440, 900), ("phone", 390, 844))
THEMES = ("light", "dark")
MANAGER = "bo@demo.example"


def link(page: Page, search: str, kind: str) -> str:
    """Where the search leads: the first goal or KPI that is called so."""
    page.goto(f"/search/?q={search}")
    return page.locator(f"a.found[href^='/{kind}/']").first.get_attribute("href")


def rooms(page: Page, goal: str) -> list[str]:
    """The reviews of a goal, the oldest first: of the manager's one is signed off, then comes the one held today."""
    page.goto(f"/reviews/?goal={goal.strip('/').split('/')[-1]}")
    links = [link.get_attribute("href") for link in page.locator("main a[href^='/reviews/']").all()]
    return [address for address in links if re.fullmatch(r"/reviews/\d+/", address)]


def days_ago(count: int) -> str:
    return (dt.date.today() - dt.timedelta(days=count)).isoformat()


def addresses(page: Page) -> dict[str, str]:
    goal, kpi = link(page, "response time by", "goals"), link(page, "first response time", "kpis")
    page.goto("/reviews/")
    check_in = page.get_by_role("link", name="Check in").first.get_attribute("href")
    signed, room, *_ = rooms(page, goal)
    return {
        "line-of-sight": "/",
        "goals": "/goals/",
        "goal": goal,
        "explain": f"{goal}explain/",
        "history": f"{goal}history/",
        "edit-goal": f"{goal}edit/",
        "break-down": f"{goal}break-down/",
        "kpi": kpi,
        "edit-kpi": f"{kpi}edit/",
        "dashboard": "/dashboard/",
        "insights": "/insights/",
        "what-changed": f"{goal}changed/?from={days_ago(60)}",
        "goals-then": f"/goals/?as_of={days_ago(60)}",
        "strategy-map": "/strategy-map/",
        "what-if": "/what-if/",
        "reviews": "/reviews/",
        "year": "/reviews/?view=year&whose=all",
        "room": room,
        "minutes": f"{signed}minutes/",
        "check-in": check_in,
        "reminders": "/settings/reminders/",
        "kudos": "/kudos/",
        "notifications": "/notifications/",
        "search": "/search/?q=respnse",
    }


def settle(page: Page) -> None:
    """Goes down the page once, so that what comes late has come, and back up."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 700):
        page.evaluate("top => scrollTo(0, top)", top)
        page.wait_for_timeout(150)
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(400)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for view, width, height in VIEWS:
            for theme in THEMES:
                context = browser.new_context(
                    base_url=ADDRESS,
                    viewport={"width": width, "height": height},
                    color_scheme=theme,
                    reduced_motion="reduce",
                    locale="en-GB",
                    timezone_id="Europe/Oslo",
                )
                page = context.new_page()
                page.set_default_timeout(60_000)
                page.goto("/accounts/login/")
                shot(page, "sign-in", view, theme)
                page.locator(f"button[value='{MANAGER}']").click()
                page.wait_for_load_state()
                for name, address in addresses(page).items():
                    page.goto(address)
                    settle(page)
                    shot(page, name, view, theme)
                context.close()
        browser.close()


def shot(page: Page, name: str, view: str, theme: str) -> None:
    """The whole page as WebP, which Playwright itself does not offer."""
    size = page.evaluate("({width: innerWidth, height: document.documentElement.scrollHeight})")
    asked = {
        "format": "webp",
        "quality": 75,
        "captureBeyondViewport": True,
        "clip": {"x": 0, "y": 0, "scale": 1, **size},
    }
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    path = HERE / f"{name}-{view}-{theme}.webp"
    path.write_bytes(b64decode(taken["data"]))
    print(path.name)


if __name__ == "__main__":
    main()
