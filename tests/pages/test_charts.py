"""Charts in a real browser: fetched when seen, coloured by the theme, of the window's size, gone down into."""

import pytest
from django.http import HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from playwright.sync_api import Page, expect

import cascade.urls
from cascade import charts
from tests.pages.browsing import PHONE

pytestmark = pytest.mark.browser

PAGE = """{% extends "base.html" %}{% load static %}{% block title %}Charts{% endblock %}
{% block scripts %}<script type="module" src="{% static 'js/charts.js' %}"></script>{% endblock %}
{% block main %}<h1>Charts</h1>{{ figure|json_script:"figure" }}
{% for each in far %}<div class="plot plot-l"><div class="plot-canvas"></div></div>{% endfor %}
{% include "components/chart.html" with figure="figure" label="One and two" only %}
{% include "components/chart.html" with src=src label="The cascade" size="s" only %}{% endblock %}"""
LINE = {
    "type": "scatter",
    "x": ["2026-01-01", "2026-12-31"],
    "y": [1234.5, 2345.6],
    "line": {"color": charts.MEASURED},
}
ICICLE = {
    "type": "icicle",
    "ids": ["all", "sales", "field"],
    "labels": ["Everything", "Sales", "Field sales"],
    "parents": ["", "all", "sales"],
    "marker": {"colors": [charts.NO_STATUS, charts.STATUS["on_track"], charts.STATUS["off_track"]]},
}


def page(request):
    end = {"name": "end", "x": 1, "xref": "paper", "xanchor": "left", "y": 2345.6, "text": "Target 2,345"}
    figure = charts.figure([LINE], annotations=[{**end, "showarrow": False}])
    src = "/try/missing/" if "broken" in request.GET else "/try/cascade/"
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"figure": figure, "src": src, "far": request.GET.get("far")}, request))


def tree(request):
    return JsonResponse(charts.figure([ICICLE], margin={"l": 0, "r": 0}))


urlpatterns = [path("try/", page), path("try/cascade/", tree), *cascade.urls.urlpatterns]
handler404 = cascade.urls.handler404


@pytest.fixture(autouse=True)
def tried(settings):
    settings.ROOT_URLCONF = __name__


def drawn(page: Page):
    expect(page.locator("[data-chart=drawn]")).to_have_count(2)
    return page


def line(page: Page):
    return page.locator(".scatterlayer .js-line")


def test_charts_are_drawn_without_a_style_of_their_own(cast, visit):
    page = drawn(visit(cast.cy).open("/try/"))
    assert page.locator("style").count() == 0
    assert page.locator("#plotly\\.js-style-global").count() == 1
    expect(page.get_by_role("img", name="One and two")).to_be_visible()
    assert page.locator(".ytick text").first.text_content() == "1,200"


def test_plotly_is_fetched_when_a_chart_comes_near(cast, visit):
    visitor = visit(cast.cy)
    fetched = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    page = visitor.open("/try/?far=123")
    page.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "plotly" in url or "cascade/" in url]
    before = page.evaluate("document.documentElement.scrollHeight")
    page.get_by_role("img", name="The cascade").scroll_into_view_if_needed()
    drawn(page)
    assert len([url for url in fetched if "plotly" in url]) == 2
    assert page.evaluate("document.documentElement.scrollHeight") == before


def test_colours_follow_the_theme(cast, visit):
    page = drawn(visit(cast.cy).open("/try/"))
    expect(line(page)).to_have_css("stroke", "rgb(30, 64, 201)")
    page.emulate_media(color_scheme="dark")
    expect(line(page)).to_have_css("stroke", "rgb(157, 176, 255)")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    expect(line(page)).to_have_css("stroke", "rgb(30, 64, 201)")


def test_a_chart_has_the_size_of_its_place(cast, visit):
    visitor = visit(cast.cy)
    page = drawn(visitor.open("/try/"))
    end = page.locator(".annotation-text")
    assert end.bounding_box()["x"] > line(page).bounding_box()["x"] + 900
    visitor.resize(PHONE, "light")
    expect(page.locator(".main-svg").first).to_have_css("width", f"{PHONE[0] - 32}px")
    assert visitor.overhang() == 0
    right = end.bounding_box()
    assert right["x"] + right["width"] <= PHONE[0]


def test_a_chart_that_cannot_be_drawn_says_where_its_figures_are(cast, visit):
    visitor = visit(cast.cy)
    visitor.refusals.add(404)
    page = visitor.open("/try/?broken")
    expect(page.locator(".plot-failed:visible")).to_contain_text("The chart could not be drawn.")
    expect(page.locator("[data-chart=drawn]")).to_have_count(1)
    visitor.problems[:] = [each for each in visitor.problems if "The chart could not be drawn" not in each]


@pytest.mark.parametrize(("motion", "moved"), [("reduce", None), ("no-preference", "true")])
def test_a_click_goes_down_into_a_cascade_and_up_again(cast, visit, motion, moved):
    page = drawn(visit(cast.cy).open("/try/"))
    page.emulate_media(reduced_motion=motion)
    page.locator(".js-plotly-plot").last.evaluate(
        "plot => plot.on('plotly_animating', () => { document.body.dataset.moved = true })"
    )
    page.evaluate("addEventListener('chart:level', event => { document.body.dataset.level = event.detail.level })")
    parts = page.locator(".iciclelayer .slice")
    parts.filter(has_text="Sales").first.click()
    expect(page.locator("body")).to_have_attribute("data-level", "sales")
    expect(parts.filter(has_text="Everything")).to_have_count(0)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(300)
    expect(parts.filter(has_text="Everything")).to_have_count(0)
    parts.filter(has_text="Sales").first.click()
    expect(page.locator("body")).to_have_attribute("data-level", "all")
    expect(parts.filter(has_text="Everything")).to_have_count(1)
    assert page.locator("body").get_attribute("data-moved") == moved
