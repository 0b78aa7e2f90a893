import zoneinfo

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.shortcuts import resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect


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


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a signed-in person unless its view says `login_not_required`."""

    def handle_no_permission(self, request, view_func):
        response = super().handle_no_permission(request, view_func)
        if not request.htmx:
            return response
        return HttpResponseClientRedirect(resolve_url(self.get_login_url(view_func)))
