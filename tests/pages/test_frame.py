"""What surrounds every page, in a real browser."""

import time

import pytest
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path
from playwright.sync_api import expect

import cascade.urls
from people.models import Organisation, Person
from tests.pages.browsing import PHONE

pytestmark = pytest.mark.browser

PASSWORD = "a long way up"
PAGE = """{% extends "base.html" %}{% block title %}Try{% endblock %}{% block main %}
<header class="page-head"><div><h1>Try</h1></div></header>
<form hx-post="/try/save/" hx-target="#answer"><div class="field"><label for="value">Value</label>
<input class="input" id="value" name="value"></div><button class="btn" type="submit">Save</button></form>
<form method="post" action="/try/slow/" data-once>{% csrf_token %}
<button class="btn" type="submit">Send once</button></form>
<div id="answer"></div>
<div id="figures">{% include "components/pending.html" with pending=pending target="#figures" only %}
<b>{{ figure }}</b></div>
{% endblock %}"""
asked = {"count": 0, "slow": 0}


def page(request):
    asked["count"] += 1
    if "away" in request.GET and request.htmx:
        return HttpResponse(status=503)
    pending = "away" in request.GET or ("wait" in request.GET and asked["count"] < 3)
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"pending": pending, "figure": f"figure {asked['count']}"}, request))


def save(request):
    value = request.POST["value"]
    if value == "no":
        return HttpResponse("Weights must be positive.", status=409, content_type="text/plain; charset=utf-8")
    if value == "form":
        return HttpResponse("<p>Not a number.</p>", status=422)
    if value == "defect":
        raise RuntimeError
    messages.success(request, f"{value} saved.")
    return render(request, "shell/toasts.html", {"oob": True})


def slow(request):
    asked["slow"] += 1
    time.sleep(0.5)
    return redirect("/try/?sent")


urlpatterns = [path("try/", page), path("try/save/", save), path("try/slow/", slow), *cascade.urls.urlpatterns]
handler500 = cascade.urls.handler500


@pytest.fixture
def tried(cast, visit, settings):
    """Ada's browser on a page for trying."""
    settings.ROOT_URLCONF = __name__
    asked.update(count=0, slow=0)
    Organisation.objects.update(name="W" * 200)
    Person.objects.filter(pk=cast.ada.pk).update(name="Ada " + "L" * 190)
    ada = visit(cast.ada)
    ada.open("/try/")
    return ada


def test_a_wrong_and_a_right_password(cast, visit):
    Person.objects.create_user("ida@works.example", PASSWORD, organisation=cast.works, name="Ida Moe")
    ida = visit()
    page = ida.open("/accounts/login/?next=/accounts/password/change/")
    page.get_by_label("E-mail").fill("ida@works.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("alert")).to_have_text("E-mail and password do not match.")
    expect(page.get_by_label("E-mail")).to_have_value("ida@works.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    page.get_by_label("Your account, Ida Moe").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_demo_is_entered_by_one_click(cast, visit, settings):
    settings.DEMO = True
    Person.objects.create_user("kari@demo.example", organisation=cast.works, name="Kari Moe")
    page = visit().open("/accounts/login/?next=/accounts/password/set/")
    page.get_by_role("button", name="Kari Moe").click()
    expect(page.get_by_label("Your account, Kari Moe")).to_be_visible()
    expect(page.get_by_text("Try everything; nobody is affected.")).to_be_visible()


def test_the_sign_in_page_looks_right_everywhere(cast, visit, settings):
    settings.DEMO = True
    Person.objects.create_user("kari@demo.example", organisation=cast.works, name="Kari" + "i" * 190)
    stranger = visit()
    stranger.open("/accounts/login/")
    stranger.check_looks()


@pytest.mark.parametrize("page", ["password/reset/", "password/reset/done/", "password/reset/key/1-x/", "inactive/"])
def test_the_pages_around_signing_in_look_right_everywhere(cast, visit, page):
    stranger = visit()
    stranger.open(f"/accounts/{page}")
    stranger.check_looks()


def test_the_page_of_the_password_looks_right_everywhere(cast, visit):
    cast.ada.set_password(PASSWORD)
    cast.ada.save()
    ada = visit(cast.ada)
    page = ada.open("/accounts/password/change/")
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password again").fill("short")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    ada.check_looks()


def test_the_first_page_looks_right_everywhere_and_leads_in(transactional_db, visit):
    ruth = visit(timezone="Europe/Oslo")
    page = ruth.open("/accounts/login/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw the first line from strategy to daily work")
    ruth.check_looks()
    ruth.refusals |= {422, 404}
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Oslo")
    for label, text in [("Its name", "Aurdal"), ("Your name", "Ruth"), ("E-mail", "ruth@aurdal.example")]:
        page.get_by_label(label).fill(text)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill("something else")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("The two passwords differ.")).to_be_visible()
    ruth.check_looks()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_label("Your account, Ruth")).to_be_visible()


def test_a_page_that_is_not_there_looks_right_everywhere(cast, visit):
    ada = visit(cast.ada)
    ada.open("/nowhere/", status=404)
    ada.check_looks()


def test_the_menu_of_the_person_looks_right_and_closes_by_itself(tried):
    page = tried.page
    summary = page.get_by_label("Your account, Ada L")
    summary.click()
    expect(page.get_by_role("link", name="Change password")).to_be_visible()
    tried.check_looks()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Change password")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    page.locator("#main h1").click()
    expect(page.get_by_role("link", name="Change password")).to_be_hidden()


def test_the_chosen_theme_is_kept(tried):
    page = tried.page
    page.get_by_label("Your account, Ada L").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    tried.open("/try/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_label("Your account, Ada L").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="System").click()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "light dark"


def test_the_keyboard_reaches_the_content_first(tried):
    tried.page.keyboard.press("Tab")
    expect(tried.page.get_by_text("Skip to content")).to_be_focused()
    tried.page.keyboard.press("Enter")
    assert tried.page.evaluate("document.activeElement.id") == "main"


def submit(page, value: str) -> None:
    page.get_by_label("Value").fill(value)
    page.get_by_role("button", name="Save").click()


def test_what_was_done_is_said_in_a_toast_that_can_be_closed(tried):
    page = tried.page
    submit(page, "4.4 <h>")
    toast = page.get_by_text("4.4 <h> saved.")
    expect(toast).to_be_visible()
    tried.check_looks()
    page.get_by_role("button", name="Close").click()
    expect(toast).to_be_hidden()


def test_good_news_leaves_by_itself_and_a_refusal_stays(tried):
    page = tried.page
    page.clock.install()
    tried.refusals.add(409)
    submit(page, "no")
    submit(page, "4.4")
    news, refusal = page.get_by_text("4.4 saved."), page.get_by_text("Weights must be positive.")
    expect(news).to_be_visible()
    news.hover()
    page.clock.fast_forward(9000)
    expect(news).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.fast_forward(9000)
    expect(news).to_be_hidden()
    expect(refusal).to_be_visible()


@pytest.mark.parametrize(
    ("value", "status", "sentence"),
    [
        ("no", 409, "Weights must be positive."),
        ("defect", 500, "Something failed here; it has been noted. What you typed is still here."),
    ],
)
def test_a_refused_change_says_why_and_keeps_what_was_typed(tried, value, status, sentence):
    tried.refusals.add(status)
    submit(tried.page, value)
    expect(tried.page.get_by_text(sentence)).to_be_visible()
    expect(tried.page.get_by_label("Value")).to_have_value(value)


def test_a_form_with_errors_takes_its_place(tried):
    tried.refusals.add(422)
    submit(tried.page, "form")
    expect(tried.page.locator("#answer")).to_have_text("Not a number.")
    expect(tried.page.locator("[data-toast]")).to_have_count(0)


def test_a_lost_network_says_so_and_keeps_what_was_typed(tried):
    tried.page.wait_for_load_state("networkidle")
    tried.context.set_offline(True)
    submit(tried.page, "4.4")
    expect(tried.page.get_by_text("No connection. What you typed is still here")).to_be_visible()
    expect(tried.page.get_by_label("Value")).to_have_value("4.4")
    tried.problems.clear()  # the lost network itself


def test_an_ended_session_leads_to_the_sign_in_page(tried, cast):
    tried.context.clear_cookies(name="sessionid")
    submit(tried.page, "4.4")
    expect(tried.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_figures_that_are_on_their_way_arrive_by_themselves(tried):
    page = tried.open("/try/?wait")
    expect(page.get_by_text("Figures are being updated")).to_be_visible()
    expect(page.get_by_text("figure 3")).to_be_visible()
    expect(page.get_by_text("Figures are being updated")).to_be_hidden()
    page.wait_for_timeout(2500)
    assert asked["count"] == 3


def test_a_page_that_asks_again_in_vain_says_nothing(tried):
    page = tried.open("/try/?away")
    tried.refusals.add(503)
    with page.expect_response(lambda answer: answer.status == 503):
        pass
    page.wait_for_timeout(300)
    expect(page.locator("[data-toast]")).to_have_count(0)
    expect(page.get_by_text("Figures are being updated")).to_be_visible()


def test_a_second_click_while_a_form_is_on_its_way_sends_nothing(tried):
    button = tried.page.get_by_role("button", name="Send once")
    button.evaluate("button => { button.click(); setTimeout(() => button.click(), 200); }")
    tried.page.wait_for_url("**/try/?sent")
    assert asked["slow"] == 1


def test_on_a_phone_nothing_scrolls_sideways(tried):
    tried.resize(PHONE, "light")
    assert tried.overhang() == 0
