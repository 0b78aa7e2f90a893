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


def safe_next(request) -> str:
    """Where the reader wanted to go, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else ""
