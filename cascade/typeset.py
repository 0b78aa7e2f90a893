"""Printed documents: a Typst template and its data in, a PDF out. Nothing of what people typed is read as markup."""

import json
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

FONTS = Path(__file__).parent / "fonts"
TEMPLATES = settings.BASE_DIR / "templates" / "print"


def pdf(template: str, data: dict[str, Any]) -> bytes:
    """The document that templates/print/<template>.typ makes of `data` (what JSON can hold, and words to translate);
    tagged for screen readers."""
    return typst.compile(
        str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=False,  # names in scripts that Archivo has not
        sys_inputs={"data": json.dumps(data, cls=DjangoJSONEncoder)},
    )
