import subprocess
import sys

import pytest
from django.conf import settings

from cascade import charts

TOKENS = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()


def test_a_figure_keeps_the_shared_layout_beside_its_own():
    figure = charts.figure([{"type": "bar", "y": [1]}], xaxis={"type": "date"}, barmode="stack")
    assert figure["layout"]["xaxis"]["type"] == "date"
    assert figure["layout"]["xaxis"]["showgrid"] is False
    assert figure["layout"]["barmode"] == "stack"
    assert "template" not in figure["layout"]
    assert "type" not in charts.LAYOUT["xaxis"]


@pytest.mark.parametrize("wrong", [{"trace": {"type": "bar", "lenght": 1}}, {"layout": {"titel": "x"}}])
def test_what_plotly_does_not_know_is_refused(wrong):
    with pytest.raises(ValueError, match="Invalid property"):
        charts.figure([wrong.get("trace", {"type": "bar"})], **wrong.get("layout", {}))


def test_every_colour_is_a_token():
    named = [*charts.STATUS.values(), charts.NO_STATUS, charts.INK, charts.MEASURED, charts.BAND, charts.PAPER]
    assert [name for name in named if f"{name[4:-1]}:" not in TOKENS] == []


def test_typed_words_become_no_tags():
    assert charts.text('<a href="x">&') == '&lt;a href="x"&gt;&amp;'


def test_plotly_is_not_loaded_before_the_first_chart():
    asked = "import django; django.setup(); import cascade.urls, kpis.charts, sys; sys.exit('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=settings.BASE_DIR, env=environment(), check=False)
    assert done.returncode == 0


def environment() -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "cascade.settings", "SECRET_KEY": "x" * 60, "DATABASE_URL": "sqlite://:memory:"}
