"""The language in which a person reads: their own choice, else the browser's, else English.

The REST API speaks English to every system.
"""

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

ALSO_READ = {"no": "nb", "nn": "nb"}  # who asks for Norwegian or Nynorsk reads Bokmål rather than English


def asked_for(request) -> str:
    """The language of a reader who has not chosen: kept in a cookie, else the browser's first that we have."""
    known = dict(settings.LANGUAGES)
    kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if kept in known:
        return kept
    for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        code = tag.partition("-")[0]
        code = ALSO_READ.get(code, code)
        if code in known:
            return code
    return settings.LANGUAGE_CODE


def read_by(person):
    """A context in which words and figures for a person, such as those of a mail, are in their language."""
    return translation.override(person.language or settings.LANGUAGE_CODE)


@receiver(user_logged_in)
def remember(user, **kwargs):
    """The language of the sign-in page becomes that of a person who has none, so that mails come in it as well."""
    if not user.language:
        user.language = translation.get_language()
        user.save(update_fields=["language"])


class LanguageMiddleware:
    """Pages are in the language of who reads them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith("/api/"):
            with translation.override("en"):
                return self.get_response(request)
        chosen = request.user.language if request.user.is_authenticated else ""
        with translation.override(chosen or asked_for(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if not chosen:
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
