"""Pages are in the language of who reads them; the API speaks English."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from people import language
from people.models import Person

SIGN_IN = reverse("account_login")
SWITCH = reverse("language")


def tongue(client: Client, path: str, **headers) -> str:
    answer = client.get(path, headers=headers)
    assert f'<html lang="{answer["Content-Language"]}">' in answer.text
    return answer["Content-Language"]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "en"),
        ("nb-NO,nb;q=0.9,en-US;q=0.8", "nb"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("de,nb;q=0.5,en;q=0.4", "nb"),
        ("en-GB,nb;q=0.5", "en"),
        ("de", "en"),
        ("*", "en"),
        (";;q=,\N{SNOWMAN}", "en"),
    ],
)
@pytest.mark.django_db
def test_a_stranger_reads_what_the_browser_asks_for(cast, client, asked, answered):
    assert tongue(client, SIGN_IN, accept_language=asked) == answered


def test_a_stranger_s_choice_is_kept_and_leads_back_to_the_page(cast, client):
    page = f"{SIGN_IN}?next=/goals/"
    answer = client.post(SWITCH, {"language": "nb"}, headers={"referer": f"http://testserver{page}"})
    assert (answer.status_code, answer.url) == (302, f"http://testserver{page}")
    assert tongue(client, page, accept_language="en") == "nb"


def test_a_person_s_choice_goes_with_them(cast, cy):
    cy.post(SWITCH, {"language": "nb"})
    elsewhere = Client()
    elsewhere.force_login(Person.objects.get(pk=cast.cy.pk))
    assert tongue(elsewhere, "/", accept_language="en") == "nb"
    cy.post(SWITCH, {"language": "en"})
    assert tongue(elsewhere, "/", accept_language="nb") == "en"


@pytest.mark.parametrize("wanted", ["", "xx", "NB", "../en", "nb-NO"])
def test_an_unknown_language_changes_nothing(cast, cy, wanted):
    assert cy.post(SWITCH, {"language": wanted}).status_code == 404
    assert cy.get(SWITCH).status_code == 405
    assert Person.objects.get(pk=cast.cy.pk).language == "en"


@pytest.mark.parametrize("referer", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_switch_leads_to_no_other_site(cast, client, referer):
    assert client.post(SWITCH, {"language": "nb"}, headers={"referer": referer}).url == "/"


@pytest.mark.django_db
def test_the_first_page_of_all_can_be_switched(client):
    assert client.post(SWITCH, {"language": "nb"}).status_code == 302
    assert tongue(client, reverse("welcome")) == "nb"


def test_who_signs_in_for_the_first_time_keeps_the_language_of_the_page(cast, client):
    Person.objects.filter(pk=cast.cy.pk).update(language="")
    cast.cy.set_password("correct horse battery")
    cast.cy.save()
    given = {"login": cast.cy.email, "password": "correct horse battery"}
    assert client.post(SIGN_IN, given, headers={"accept-language": "nb"}).status_code == 302
    assert Person.objects.get(pk=cast.cy.pk).language == "nb"


def test_systems_are_answered_in_english(cast, ada):
    ada.post(SWITCH, {"language": "nb"})
    answer = ada.post("/api/v1/goals/", {}, "application/json", headers={"accept-language": "nb"})
    assert answer.status_code == 400
    assert "This field is required." in answer.text
    assert "Content-Language" not in answer


def test_words_for_a_person_are_in_their_language(cast):
    from cascade.templatetags.ui import percent_text

    cast.cy.language = "nb"
    with language.read_by(cast.cy):
        assert percent_text(0.5) == "50\u00a0%"
    cast.cy.language = ""
    with language.read_by(cast.cy):
        assert percent_text(0.5) == "50%"


def test_pages_say_that_they_depend_on_the_reader(cast, client):
    answer = client.get(SIGN_IN)
    assert "Accept-Language" in answer["Vary"]
    assert "Cookie" in answer["Vary"]


def test_mails_are_in_the_language_of_who_gets_them(cast, client):
    Person.objects.filter(pk=cast.cy.pk).update(language="nb")
    client.post(reverse("account_reset_password"), {"email": cast.cy.email}, headers={"accept-language": "en"})
    assert mail.outbox[0].subject == "Velg et nytt passord for Cascade"
