import zoneinfo

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from people.models import Person


class PrivatePagesMiddleware:
    """What a signed-in person sees is not kept by caches, so Back after sign-out shows nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class TimezoneMiddleware:
    """Moments are shown as the clock of the person who reads them shows them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(request.user.timezone)):
            return self.get_response(request)


class FirstRunMiddleware:
    """While nobody is there, every page leads to the one that makes the organisation."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.user.is_authenticated or request.path.startswith("/api/"):
            return None
        welcome = reverse("welcome")
        is_open = request.path in (welcome, reverse("language"))
        return None if is_open or Person.objects.exists() else redirect(welcome)


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a signed-in person unless its view says `login_not_required`."""

    def handle_no_permission(self, request, view_func):
        response = super().handle_no_permission(request, view_func)
        if not request.htmx:
            return response
        return HttpResponseClientRedirect(resolve_url(self.get_login_url(view_func)))
