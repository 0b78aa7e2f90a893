"""Signing in and out, passwords, and what a stranger may see."""

import re

import pytest
from django.core import mail
from django.test import Client

from people.models import Person

PASSWORD = "a long way up"


@pytest.fixture
def ida(cast) -> Person:
    return Person.objects.create_user("ida@works.example", PASSWORD, organisation=cast.works, name="Ida")


@pytest.fixture
def stranger() -> Client:
    return Client()


def sign_in(client: Client, email: str = "ida@works.example", password: str = PASSWORD, **fields):
    return client.post("/accounts/login/", {"login": email, "password": password, **fields})


def reader(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_signing_in_leads_to_the_page_that_was_asked_for(stranger, ida):
    asked = stranger.get("/accounts/password/change/")
    assert asked.url == "/accounts/login/?next=/accounts/password/change/"
    assert 'name="next" value="/accounts/password/change/"' in stranger.get(asked.url).content.decode()
    assert sign_in(stranger, next="/accounts/password/change/").url == "/accounts/password/change/"
    assert reader(stranger) == str(ida.pk)


def test_signing_in_leads_home_and_never_to_another_host(stranger, ida):
    assert sign_in(stranger, email="IDA@works.example", next="https://evil.example/").url == "/"


def test_the_session_is_a_new_one_after_signing_in(stranger, ida):
    stranger.cookies["sessionid"] = before = "0123456789abcdefghijklmnopqrstuv"
    sign_in(stranger)
    assert stranger.cookies["sessionid"].value != before


def test_without_remember_the_session_ends_with_the_browser(stranger, ida):
    sign_in(stranger)
    assert stranger.cookies["sessionid"]["max-age"] == ""
    sign_in(again := Client(), remember="on")
    assert again.cookies["sessionid"]["max-age"] == 14 * 24 * 3600


@pytest.mark.parametrize(("email", "password"), [("ida@works.example", "wrong"), ("nobody@works.example", PASSWORD)])
def test_a_wrong_password_and_an_unknown_e_mail_read_the_same(stranger, ida, email, password):
    answer = sign_in(stranger, email, password)
    assert answer.status_code == 200
    assert "E-mail and password do not match." in answer.content.decode()
    assert reader(stranger) is None


def test_somebody_who_left_does_not_get_in(stranger, ida):
    Person.objects.filter(pk=ida.pk).update(is_active=False)
    answer = sign_in(stranger)
    assert answer.url == "/accounts/inactive/"
    assert "This account is closed" in stranger.get(answer.url).content.decode()
    assert reader(stranger) is None


def test_somebody_who_leaves_is_signed_out_with_the_next_request(cast, cy):
    assert cy.get("/accounts/password/set/").status_code == 200
    Person.objects.filter(pk=cast.cy.pk).update(is_active=False)
    assert cy.get("/accounts/password/set/").url.startswith("/accounts/login/")


def test_the_log_says_who_came_went_and_failed_but_no_password(stranger, ida, caplog):
    caplog.set_level("INFO")
    sign_in(stranger, password="a wrong secret")
    sign_in(stranger)
    stranger.post("/accounts/logout/")
    told = [record.msg for record in caplog.records if record.name == "people.sign_in_log"]
    assert [(line["event"], line.get("person"), line["ip"]) for line in told] == [
        ("sign_in_failed", None, "127.0.0.1"),
        ("signed_in", ida.pk, "127.0.0.1"),
        ("signed_out", ida.pk, "127.0.0.1"),
    ]
    assert told[0]["email"] == "ida@works.example"
    assert "secret" not in caplog.text


def test_after_five_wrong_tries_even_the_right_password_waits(stranger, ida):
    for _ in range(5):
        sign_in(stranger, password="wrong")
    answer = sign_in(stranger)
    assert "Too many wrong tries. Wait five minutes, then try again." in answer.content.decode()
    assert reader(stranger) is None


def test_one_address_cannot_try_many_people(stranger, ida):
    tries = [sign_in(stranger, email=f"guess{number}@works.example") for number in range(31)]
    assert tries[-1].status_code == 429
    assert tries[-1].headers["Retry-After"] == "60"
    assert "That was a lot at once" in tries[-1].content.decode()


def test_a_forged_forwarded_address_does_not_start_a_new_count(ida):
    for number in range(6):
        answer = Client(headers={"X-Forwarded-For": f"10.0.0.{number}"}).post(
            "/accounts/login/", {"login": ida.email, "password": "wrong"}
        )
    assert "Too many wrong tries" in answer.content.decode()


def test_signing_out_needs_a_click_and_ends_the_session(ada):
    assert "Sign out?" in ada.get("/accounts/logout/").content.decode()
    assert reader(ada)
    assert ada.post("/accounts/logout/").url == "/accounts/login/"
    assert reader(ada) is None


def test_every_form_refuses_without_its_token(cast):
    client = Client(enforce_csrf_checks=True)
    for path in ("/accounts/login/", "/accounts/logout/", "/accounts/password/reset/", "/accounts/demo/"):
        answer = client.post(path)
        assert answer.status_code == 403
        assert "This form was open for too long" in answer.content.decode()


def test_changing_the_password_ends_every_other_session(ida):
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    fields = {"oldpassword": PASSWORD, "password1": "another long way", "password2": "another long way"}
    here.post("/accounts/password/change/", fields)
    page = here.get("/accounts/password/change/").content.decode()
    assert "Password changed. Everywhere else you are signed out." in page
    assert elsewhere.get("/accounts/password/change/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("wrong", "another long way", "This is not your current password."),
        (PASSWORD, "short", "This password is too short."),
        (PASSWORD, "password123", "This password is too common."),
    ],
)
def test_a_change_of_password_says_what_is_wrong(ida, old, new, sentence):
    client = Client()
    client.force_login(ida)
    answer = client.post("/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": new})
    assert sentence in answer.content.decode()


def test_somebody_without_a_password_chooses_one(ada):
    assert ada.get("/accounts/password/change/", follow=True).redirect_chain == [("/accounts/password/set/", 302)]
    ada.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    sign_in(again := Client(), "ada@works.example")
    assert reader(again)


def link_in(message: str) -> str:
    return re.search(r"http://testserver(\S+)", message)[1]


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(stranger, ida):
    answer = stranger.post("/accounts/password/reset/", {"email": ida.email}, follow=True)
    assert "Look into your mail" in answer.content.decode()
    assert mail.outbox[0].subject == "Choose a new password for Cascade"
    link = link_in(mail.outbox[0].body)
    page = stranger.get(link, follow=True)
    assert "Choose a new password" in page.content.decode()
    new = {"password1": "another long way", "password2": "another long way"}
    assert "Your password is changed" in stranger.post(page.request["PATH_INFO"], new, follow=True).content.decode()
    assert "This link does not work any more" in Client().get(link).content.decode()
    sign_in(again := Client(), password="another long way")
    assert reader(again)


def test_a_reset_for_nobody_reads_the_same_and_says_so_by_mail(stranger, ida):
    answer = stranger.post("/accounts/password/reset/", {"email": "nobody@works.example"}, follow=True)
    assert "Look into your mail" in answer.content.decode()
    assert [message.to for message in mail.outbox] == [["nobody@works.example"]]
    assert "There is no account with this e-mail" in mail.outbox[0].body


def test_resets_for_one_person_are_limited(stranger, ida):
    answers = [stranger.post("/accounts/password/reset/", {"email": ida.email}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]


def test_nobody_signs_up_by_themselves(stranger, cast):
    answer = stranger.post("/accounts/signup/", {"email": "new@works.example", "password1": PASSWORD})
    assert "Nobody signs up by themselves here" in answer.content.decode()
    assert not Person.objects.filter(email="new@works.example").exists()


@pytest.mark.parametrize("path", ["email/", "confirm-email/", "reauthenticate/", "login/code/confirm/"])
def test_pages_that_cascade_does_not_offer_are_not_there(ada, path):
    assert ada.get(f"/accounts/{path}").status_code == 404


def test_an_ended_session_sends_a_request_of_htmx_to_the_sign_in_page(stranger, cast):
    answer = stranger.get("/accounts/password/change/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/accounts/login/"


@pytest.fixture
def kari(cast) -> Person:
    return Person.objects.create_user("kari@demo.example", organisation=cast.works, name="Kari <b>")


def test_the_demo_is_entered_with_one_click(stranger, kari, settings):
    settings.DEMO = True
    page = stranger.get("/accounts/login/?next=/goals/").content.decode()
    assert "Kari &lt;b&gt;</b><small>Employee, Works</small>" in page
    assert "bo@demo.example" not in page
    answer = stranger.post("/accounts/demo/", {"email": kari.email, "next": "/goals/"})
    assert answer.url == "/goals/"
    assert reader(stranger) == str(kari.pk)


def test_the_demo_only_lets_in_its_own_people_who_are_still_there(stranger, kari, settings):
    settings.DEMO = True
    assert stranger.post("/accounts/demo/", {"email": "ada@works.example"}).status_code == 404
    Person.objects.update(is_active=False)
    assert stranger.post("/accounts/demo/", {"email": kari.email}).status_code == 404
    assert "Look around" not in stranger.get("/accounts/login/").content.decode()


def test_the_door_of_the_demo_opens_by_post_only(stranger, kari, settings):
    settings.DEMO = True
    assert stranger.get("/accounts/demo/", {"email": kari.email}).status_code == 405


def test_without_demo_mode_there_is_no_such_door(stranger, kari):
    assert stranger.post("/accounts/demo/", {"email": kari.email}).status_code == 404
    assert kari.email not in stranger.get("/accounts/login/").content.decode()
    assert reader(stranger) is None


def test_the_door_of_the_demo_leads_to_no_other_host(stranger, kari, settings):
    settings.DEMO = True
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert stranger.post("/accounts/demo/", {"email": kari.email, "next": elsewhere}).url == "/"
