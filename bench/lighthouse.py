"""Lighthouse's scores of the demo's pages, signed in.

    npm install --prefix /tmp/lighthouse lighthouse
    make run &
    .venv/bin/python -m bench.lighthouse --lighthouse /tmp/lighthouse/node_modules/.bin/lighthouse

Accessibility and best practices are to be at least 98, performance at least 90; the last line says what is not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

os.environ.setdefault("SECRET_KEY", "only-for-lighthouse-" + "x" * 40)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cascade.settings")
from tests.pages.browsing import LAUNCH

LEAST = {"performance": 90, "accessibility": 98, "best-practices": 98}
WHO = "kari@demo.example"


def pages(page, url: str) -> dict[str, str]:
    """The addresses of the pages, once somebody came in by a one-click door of the demo."""
    page.goto(f"{url}/accounts/login/")
    page.locator(f"button[value='{WHO}']").click()
    kpi = page.locator(".mine-kpi a").first.get_attribute("href")
    page.goto(f"{url}/goals/")
    goal = page.locator("a.tg-title").first.get_attribute("href")
    found = {"line of sight": "/", "goals": "/goals/", "goal": goal, "calculation": f"{goal}explain/", "KPI": kpi}
    others = page.locator(".nav a").evaluate_all("links => links.map(link => [link.textContent, link.pathname])")
    return found | {words.strip(): path for words, path in others if path not in found.values()}


def scores(program: str, address: str, port: int, preset: str) -> tuple[dict[str, int], list[str]]:
    """The scores of one page, and what keeps them low."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [program, address, "--quiet", "--output=json", f"--output-path={report}", f"--port={port}"]
        command += [f"--only-categories={','.join(LEAST)}", "--disable-storage-reset"]
        command += ["--preset=desktop"] if preset == "desktop" else []
        subprocess.run(command, check=True)
        found = json.loads(report.read_text())
    low = [
        f"{audit['title']}: {audit.get('displayValue', '')}"
        for category in found["categories"].values()
        for each in category["auditRefs"]
        if each["weight"] and (audit := found["audits"][each["id"]])["score"] is not None and audit["score"] < 0.9
    ]
    return {name: round((found["categories"][name]["score"] or 0) * 100) for name in LEAST}, low


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--url", default="http://127.0.0.1:8000")
    options.add_argument("--lighthouse", default="lighthouse")
    options.add_argument("--preset", choices=["desktop", "phone"], default="desktop")
    options.add_argument("--port", type=int, default=9333, help="of the browser, on this machine")
    asked, too_low = options.parse_args(), []
    with sync_playwright() as play, tempfile.TemporaryDirectory() as profile:
        launch = {**LAUNCH, "args": [*LAUNCH["args"], f"--remote-debugging-port={asked.port}"]}
        browser = play.chromium.launch_persistent_context(profile, **launch)
        for name, path in pages(browser.new_page(), asked.url).items():
            found, low = scores(asked.lighthouse, asked.url + path, asked.port, asked.preset)
            print(f"{name:16}", *(f"{each} {score:3}" for each, score in found.items()), flush=True)
            for line in low:
                print(f"    {line}")
            too_low += [f"{name}: {each} {score}" for each, score in found.items() if score < LEAST[each]]
        browser.close()
    sys.exit(f"too low: {', '.join(too_low)}" if too_low else 0)


if __name__ == "__main__":
    main()
