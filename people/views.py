from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from people import demo
from people.models import Person


class SignIn(LoginView):
    def get_context_data(self, **kwargs):
        doors = demo.doors() if settings.DEMO else []
        return super().get_context_data(**kwargs, doors=doors, next=safe_next(self.request))


@login_not_required
@require_POST
def demo_sign_in(request):
    """One click instead of a password, only where the demo company runs."""
    if not settings.DEMO:
        raise Http404
    email = request.POST.get("email", "")
    if email not in demo.DOORS:
        raise Http404
    login(request, get_object_or_404(Person.objects.active(), email=email))
    return redirect(safe_next(request) or settings.LOGIN_REDIRECT_URL)


@login_not_required
@require_POST
def choose_language(request):
    """Kept with the person, and in the browser for when nobody is signed in; then the same page again."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Http404
    if request.user.is_authenticated:
        Person.objects.filter(pk=request.user.pk).update(language=language)
    response = redirect(own_page(request, request.headers.get("Referer", "")) or settings.LOGIN_REDIRECT_URL)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response


def safe_next(request) -> str:
    """Where the reader wanted to go, if that is a page of ours."""
    return own_page(request, request.POST.get("next") or request.GET.get("next") or "")


def own_page(request, wanted: str) -> str:
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else ""
