"""What every template and static file keeps to, so that the content policy, both themes and the hashed names hold."""

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

ROOT = settings.BASE_DIR
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [file for file in TEMPLATES if "mail" not in file.parts]  # a mail fetches nothing and carries its own styles
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
SPRITE = (ROOT / "static" / "icons.svg").read_text()


def found(pattern: str, files) -> list[str]:
    return [f"{file.name}: {match}" for file in files for match in re.findall(pattern, file.read_text())]


def test_templates_have_no_style_or_script_in_place():
    assert found(r"""\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)""", PAGES) == []


def test_templates_ask_htmx_for_nothing_that_the_content_policy_refuses():
    assert found(r"""hx-on|js:|javascript:|hx-trigger="[^"]*\[""", TEMPLATES) == []


def test_static_files_that_templates_name_exist():
    names = re.findall(r"\{% static ['\"]([^'\"]+)['\"] %\}", "".join(file.read_text() for file in TEMPLATES))
    assert [name for name in names if not finders.find(name)] == []


def test_drawings_that_templates_name_exist():
    text = "".join(file.read_text() for file in TEMPLATES)
    names = [f"i-{name}" for name in re.findall(r"\{% icon ['\"]([\w-]+)['\"]", text)]
    names += re.findall(r"\{% symbol ['\"]([\w-]+)['\"]", text)
    assert [name for name in names if f'id="{name}"' not in SPRITE] == []


def test_every_component_has_its_styles_linked():
    linked = (ROOT / "templates" / "shell" / "styles.html").read_text()
    components = (ROOT / "static" / "css" / "components").glob("*.css")
    assert [file.name for file in components if f"css/components/{file.name}" not in linked] == []


def test_colours_come_from_the_tokens():
    others = [file for file in STYLES if file.name != "tokens.css"]
    colour = r"(?<![\w%&-])#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|light-dark)\("
    assert found(colour, others) == []


def test_styles_use_only_tokens_that_exist():
    text = "".join(file.read_text() for file in STYLES)
    known = set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) - known == set()


@pytest.fixture
def collected(tmp_path, settings):
    """Our own static files as production serves them."""
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.WHITENOISE_KEEP_ONLY_HASHED_FILES = True
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "cascade.storage.HashedFiles"}}
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["vendor"])
    return tmp_path


def test_modules_import_each_other_by_the_names_of_their_contents(collected):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    imported = re.findall(r'from "\./(.+?)"', (collected / names["js/app.js"]).read_text())
    assert len(imported) > 2
    assert [name for name in imported if not (collected / "js" / name).exists()] == []
    assert not (collected / "js" / "app.js").exists()
