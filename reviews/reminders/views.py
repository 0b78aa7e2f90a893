"""What the links in a reminder open without signing in: one check-in, and the end of the mails."""

from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cascade.errors import VersionMismatch
from cascade.refusals import too_many_requests
from cascade.throttling import address, counted
from kpis.models import Kpi
from kpis.record_link_views import EACH, PRIVATE, UNREADABLE
from kpis.record_links import Ended, NoLink
from people.models import Person
from reviews import checking_in, reading
from reviews.forms import CheckInForm, form_of
from reviews.models import CheckIn
from reviews.reminders import links, wishes


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    return private(request, token, links.opened, page)


@login_not_required
@csrf_exempt  # the link is the secret, and mail programs post it by themselves (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    return private(request, token, links.whose, stopping)


def private(request: HttpRequest, token: str, found, answer) -> HttpResponse:
    """What a link opens, kept by nobody on the way and asked for no more often than a person would."""
    if counted(f"reminder:{sha256(token.encode()).hexdigest()}") > EACH:
        return too_many_requests(request)
    try:
        opened = found(token)
    except NoLink:
        if counted(f"reminder-unreadable:{address(request)}") > UNREADABLE:
            return too_many_requests(request)
        response = render(request, "reviews/reminders/ended.html", {"never": True}, status=404)
    except Ended as ended:
        leads = next(iter(ended.args), "")
        response = render(request, "reviews/reminders/ended.html", {"never": False, "page": leads}, status=410)
    else:
        person = opened if isinstance(opened, Person) else opened.person
        with translation.override(person.language or translation.get_language()):
            response = answer(request, opened)
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def page(request: HttpRequest, link: links.Opened) -> HttpResponse:
    """The check-in; who is signed in already gets the whole page, with drafts."""
    review, person = link.review, link.person
    if request.user == person:
        return redirect("reviews:check_in", review.pk)
    kept = CheckIn.objects.filter(review=review, author=person).first()
    form = CheckInForm(request.POST) if request.method == "POST" else form_of(kept)
    context = {
        "review": review,
        "goal": review.goal,
        "person_name": person.name,
        "kpis": Kpi.objects.visible_to(person).active().filter(goal_id=review.goal_id).with_figures().order_by("pk"),
        "before": reading.before(review, person),
        "form": form,
    }
    if request.method == "POST" and review.is_owed and saved(link, form):
        return render(request, "reviews/reminders/saved.html", context)
    if not review.is_owed or (kept is not None and not kept.is_draft and not form.is_bound):
        return render(request, "reviews/reminders/used.html", context, status=409 if form.is_bound else 200)
    return render(request, "reviews/reminders/check_in.html", context, status=422 if form.errors else 200)


def saved(link: links.Opened, form: CheckInForm) -> bool:
    if not form.is_valid():
        return False
    try:
        checking_in.submit(link.review, link.person, form.cleaned_data["version"], **form.written())
    except ValidationError as refusal:
        form.refuse(refusal)
    except VersionMismatch as changed:
        form.add_error(None, str(changed))
    return not form.errors


def stopping(request: HttpRequest, person: Person) -> HttpResponse:
    """A button first: programs that look at every link in a mail stop nothing."""
    if request.method == "POST":
        wishes.change(person, mail="again" in request.POST)
    context = {"reader": person, "on": wishes.of(person).mail}
    return render(request, "reviews/reminders/stop.html", context)
