"""Every word of the product has its translation, and what is committed is what the translation compiles to."""

import gettext
import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

from tests.locale.catalogue import Message, messages

pytestmark = pytest.mark.gettext

FOLDER = settings.BASE_DIR / "locale" / "nb" / "LC_MESSAGES"
SOURCES = ("cascade", "people", "goals", "kpis", "reviews", "integrations", "templates")
COLLECT = "import sys; from django.core.management import execute_from_command_line as go; go(sys.argv)"


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> dict[tuple[str, str, str], Message]:
    """The messages in the sources, collected as `make words` does, in a copy."""
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copytree(settings.BASE_DIR / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    (copy / "locale").mkdir()
    command = [sys.executable, "-c", COLLECT, "makemessages", "-l", "nb", "--no-location", "--no-wrap", "-v", "0"]
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=env, check=True)
    return {each.key: each for each in messages(copy / "locale" / "nb" / "LC_MESSAGES" / "django.po")}


@pytest.fixture(scope="module")
def translated() -> dict[tuple[str, str, str], Message]:
    return {each.key: each for each in messages(FOLDER / "django.po")}


def told(keys) -> str:
    return "".join(f"\n  {context + ': ' if context else ''}{words!r}" for context, words, _ in sorted(keys))


def test_everything_that_is_said_is_translated(used, translated):
    missing = {key for key in used if key not in translated or not translated[key].is_translated}
    assert len(used) > 1000
    assert not missing, f"Not in Norwegian yet (`make words`, then write them into {FOLDER}/django.po):{told(missing)}"


def test_nothing_is_translated_that_is_not_said_any_more(used, translated):
    gone = translated.keys() - used.keys()
    assert not gone, f"Said nowhere any more (`make words` takes them out):{told(gone)}"


def test_translations_keep_their_placeholders(translated):
    wrong = [each.key for each in translated.values() if each.is_translated and not each.keeps_placeholders]
    assert not wrong, f"Other placeholders than in English:{told(wrong)}"


def test_what_is_committed_is_what_the_translation_compiles_to(tmp_path):
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", compiled, FOLDER / "django.po"], check=True)
    with compiled.open("rb") as fresh, (FOLDER / "django.mo").open("rb") as committed:
        differs = gettext.GNUTranslations(fresh)._catalog != gettext.GNUTranslations(committed)._catalog
    assert not differs, "locale/nb/LC_MESSAGES/django.mo is older than django.po: `make words`"
