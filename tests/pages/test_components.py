"""How figures, states, people and messages are written on every page."""

import datetime as dt
from decimal import Decimal as D
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from cascade.templatetags import ui
from goals.models import GoalFigures
from kpis.models import KpiFigures

NOTHING = '<span aria-hidden="true">–</span><span class="vh">no value</span>'
MINA = SimpleNamespace(name="Mina <b> Larsen", initials="ML")


def render(source: str, **context) -> str:
    return Template("{% load ui %}" + source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("0.6889", "68.9%"),
        ("0.7", "70%"),
        ("0", "0%"),
        ("1", "100%"),
        ("-0.25", "−25%"),
        ("12.3456", "1,234.6%"),
        ("0.68850", "68.8%"),
        ("0.99961", "99.9%"),
        ("0.9999999999999", "100%"),
        ("-0.0001", "0%"),
    ],
)
def test_a_share_is_a_percentage_with_at_most_one_decimal(share, text):
    assert render("{{ share|percent }}", share=D(share)) == text


@pytest.mark.parametrize(("share", "text"), [("0.7", "70.00%"), ("0.68885", "68.88%"), ("0.999999", "99.99%")])
def test_an_explained_percentage_has_the_decimals_asked_for(share, text):
    assert render("{{ share|percent:2 }}", share=D(share)) == text


@pytest.mark.parametrize(
    ("gap", "text"), [("-0.11", "−11"), ("0.075", "+7.5"), ("0", "0"), ("-0.0001", "0"), ("0.0001", "0")]
)
def test_a_gap_is_signed_points(gap, text):
    assert render("{{ gap|points }}", gap=D(gap)) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("1234.5678", "h", "1,234.57\u00a0h"),
        ("4.40", "h", "4.4\u00a0h"),
        ("75.333333", "%", "75.33%"),
        ("0.00345678", "", "0.003457"),
        ("100", "", "100"),
        ("-1200000", "NOK", "−1,200,000\u00a0NOK"),
        ("0", "", "0"),
        ("3", "<i>", "3\u00a0&lt;i&gt;"),
    ],
)
def test_a_calculated_value_has_its_unit_and_the_digits_that_matter(value, unit, text):
    assert render("{{ value|number:unit }}", value=D(value), unit=unit) == text


def test_an_entered_value_keeps_every_decimal():
    assert render('{{ value|exact:"kg" }}', value=D("1234567.1234567890")) == "1,234,567.123456789\u00a0kg"


@pytest.mark.parametrize("name", ["percent", "points", "number", "exact", "day", "moment", "ago"])
def test_nothing_is_a_dash_that_is_read_as_no_value(name):
    assert render(f"{{{{ nothing|{name} }}}}", nothing=None) == NOTHING


def test_dates_carry_the_exact_moment():
    assert render("{{ on|day }}", on=dt.date(2026, 9, 7)) == '<time datetime="2026-09-07">7 Sep 2026</time>'
    at = dt.datetime(2026, 9, 7, 23, 30, tzinfo=dt.UTC)
    with timezone.override("Europe/Oslo"):
        assert ">8 Sep 2026, 01:30<" in render("{{ at|moment }}", at=at)


def test_ago_says_how_long_it_is():
    assert ">just now<" in render("{{ at|ago }}", at=timezone.now())
    assert ">2\u00a0days ago<" in render("{{ at|ago }}", at=timezone.now() - dt.timedelta(hours=49))


def norwegian(source: str, **context) -> str:
    with translation.override("nb"):
        return render(source, **context)


def test_a_norwegian_reads_figures_as_they_are_written_there():
    assert norwegian("{{ value|percent }}", value=D("12.3456")) == "1\u00a0234,6\u00a0%"
    assert norwegian("{{ value|percent:2 }}", value=D("0.7")) == "70,00\u00a0%"
    assert norwegian("{{ value|points }}", value=D("-0.075")) == "−7,5"
    assert norwegian('{{ value|number:"h" }}', value=D("1234.5678")) == "1\u00a0234,57\u00a0h"
    assert norwegian('{{ value|exact:"%" }}', value=D("1234.5678")) == "1\u00a0234,5678\u00a0%"


def test_a_norwegian_reads_dates_as_they_are_written_there():
    at = dt.datetime(2026, 5, 7, 12, 30, tzinfo=dt.UTC)
    assert ">7. sept. 2026<" in norwegian("{{ on|day }}", on=dt.date(2026, 9, 7))
    assert ">7. mai 2026, 12:30<" in norwegian("{{ at|moment }}", at=at)
    assert ">for 2\u00a0dager siden<" in norwegian("{{ at|ago }}", at=timezone.now() - dt.timedelta(hours=49))
    assert norwegian("{{ on|weekday }}", on=dt.date(2026, 9, 7)) == "mandag 7. september 2026"
    assert render("{{ on|weekday }}", on=dt.date(2026, 9, 7)) == "Monday 7 September 2026"


def test_drawings_keep_the_decimal_point_that_browsers_read():
    gauge = norwegian('{% gauge progress expected "at_risk" %}', progress=D("0.125"), expected=D("0.5"))
    assert 'width="12.5"' in gauge
    assert "12,5\u00a0%" in gauge


def test_every_status_has_its_word_and_its_shape(settings):
    sprite = (settings.BASE_DIR / "static" / "icons.svg").read_text()
    for value, word in [*GoalFigures.Status.choices, *KpiFigures.Status.choices]:
        assert ui.WORDS[value] == word
        assert f'id="st-{value}"' in sprite
        assert f'#st-{value}"/></svg>{word}</span>' in render("{% status value %}", value=value)


def test_a_stale_status_says_so_without_hiding_the_status():
    html = render('{% status "off_track" stale=True %}')
    assert "Off track" in html
    assert 'aria-label="stale"' in html
    assert 'aria-label="Off track, stale"' in render('{% status "off_track" stale=True word=False %}')


def test_levels_below_the_fourth_share_the_last_mark():
    for rank, mark in [(0, "lvl-1"), (3, "lvl-4"), (4, "lvl-4"), (9, "lvl-4")]:
        level = SimpleNamespace(rank=rank, name="Area & team")
        assert f'#{mark}"' in render("{% level level %}", level=level)
        assert 'aria-label="Area &amp; team"' in render("{% level level %}", level=level)


def test_a_person_is_initials_and_an_escaped_name():
    html = render("{% person_name mina True %}", mina=MINA)
    assert '<span class="avatar avatar-me" aria-hidden="true">ML</span>' in html
    assert "Mina &lt;b&gt; Larsen</span>" in html
    assert render('{% person_name nobody nobody="No owner" %}', nobody=None) == '<span class="quiet">No owner</span>'


@pytest.mark.parametrize(
    ("progress", "expected", "status", "parts"),
    [
        ("1", "0.71", "achieved", [("g-bar", 0, 100)]),
        ("0.78", "0.71", "on_track", [("g-bar", 0, 71), ("g-ahead", 71, 7)]),
        ("0.68", "0.71", "on_track", [("g-bar", 0, 68), ("g-near", 68, 3)]),
        ("0.6", "0.71", "at_risk", [("g-bar", 0, 60), ("g-gap", 60, 11)]),
        ("0", "0.71", "off_track", [("g-gap", 0, 71)]),
        ("0.71", "0.71", "on_track", [("g-bar", 0, 71)]),
        ("0.6", None, "on_track", [("g-bar", 0, 60)]),
        ("0.6", "0.71", "insufficient", [("g-bar", 0, 60)]),
        ("0", "0", "scheduled", []),
        (None, "0.71", "no_data", []),
    ],
)
def test_a_gauge_colours_only_the_gap_to_the_pace(progress, expected, status, parts):
    shares = [None if share is None else ui.on_scale(D(share)) for share in (progress, expected)]
    assert ui.pieces(*shares, status, False) == parts


def test_a_gauge_says_in_words_what_it_shows():
    html = render('{% gauge progress expected "at_risk" size="row" %}', progress=D("0.6"), expected=D("0.71"))
    assert 'aria-label="60% reached, 71% expected"' in html
    assert '<span class="pct">60%</span>' in html
    assert '<line class="g-tick" x1="71" x2="71"' in html
    assert 'aria-label="No value yet"' in render('{% gauge None None "no_data" %}')


def test_a_gauge_of_a_stale_value_shows_no_gap():
    html = render('{% gauge progress expected "at_risk" True %}', progress=D("0.6"), expected=D("0.71"))
    assert 'data-status="stale"' in html
    assert "g-gap" not in html


def test_a_spark_breaks_where_a_value_is_missing():
    html = render('{% spark values 4 label="Rising" %}', values=[D(2), D(4), None, D(3), D(6)])
    assert html.count("<polyline") == 2
    assert 'points="0.00,22.00 22.00,12.00"' in html
    assert '<line class="s-end" x1="88.00" x2="88.00" y1="2.00" y2="2.00"/>' in html
    assert 'role="img" aria-label="Rising"' in html


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_spark_of_nothing_draws_nothing(values):
    html = render("{% spark values %}", values=values)
    assert "<polyline" not in html
    assert "s-end" not in html


def test_a_spark_of_equal_values_is_level():
    assert 'points="0.00,12 88.00,12"' in render("{% spark values %}", values=[D(5), D(5)])


def test_waiting_figures_ask_for_their_part_again_and_ready_ones_do_not():
    waiting = '{% include "components/pending.html" with pending=pending target="#figures" only %}'
    html = render(waiting, pending=True)
    assert 'hx-trigger="every 2s"' in html
    assert 'hx-target="#figures" hx-select="#figures"' in html
    assert render(waiting, pending=False) == ""


class Weight(forms.Form):
    weight = forms.DecimalField(label="Weight", help_text="Against its siblings.")
    note = forms.CharField(widget=forms.Textarea, required=False)


def test_a_field_ties_label_hint_and_error_to_its_control():
    html = render('{% include "components/field.html" with field=form.weight unit="%" only %}', form=Weight({}))
    assert '<label for="id_weight">Weight</label>' in html
    assert 'class="input"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_weight_helptext id_weight_error"' in html
    assert 'id="id_weight_helptext">Against its siblings.' in html
    assert 'id="id_weight_error"' in html


def test_controls_look_like_their_kind():
    assert 'class="textarea"' in render("{{ form.note|control }}", form=Weight())


def test_a_toast_offers_undo_where_there_is_one():
    toast = '{% include "components/toast.html" with text=text undo=undo only %}'
    assert 'hx-post="/undo/"' in render(toast, text="Moved.", undo="/undo/")
    assert "hx-post" not in render(toast, text="Moved.")
    assert "&lt;i&gt;" in render(toast, text="<i>")
