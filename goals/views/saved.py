"""Views of the goal tree: saved under a name, replaced, made one's first, shared, thrown away."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from goals import saved_views
from goals.access import Rights
from goals.models import SavedView
from people.models import Person


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    form = saved_views.ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A view needs a name of at most 100 letters."))
        return redirect("goals:tree")
    if form.cleaned_data["shared"] and not Rights.of(request.user).can_share_views():
        raise PermissionDenied
    with transaction.atomic():
        view = form.save(request.user)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return shown(view)


@require_POST
def change(request: HttpRequest, view_id: int, act: str) -> HttpResponse:
    if act not in ACTS:
        raise Http404
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=view_id)
    rights = Rights.of(request.user)
    if not rights.can_change_view(view) or (act == "share" and not rights.can_share_views()):
        raise PermissionDenied
    with transaction.atomic():
        ACTS[act](view, request)
    return shown(view) if view.pk else redirect(f"{reverse('goals:tree')}?view=")


def shown(view: SavedView) -> HttpResponse:
    return redirect(f"{reverse('goals:tree')}?{saved_views.address(view)}")


def replace(view: SavedView, request: HttpRequest) -> None:
    view.query = saved_views.checked(request.POST.get("query", "")[:4000], request.user)
    view.save()
    messages.success(request, _("The view “%(name)s” shows this now.") % {"name": view.name})


def first(view: SavedView, request: HttpRequest) -> None:
    refuse_strangers(view, request.user)
    request.user.saved_views.update(is_default=False)
    view.is_default = True
    view.save()
    messages.success(request, _("Your goals open with “%(name)s”.") % {"name": view.name})


def not_first(view: SavedView, request: HttpRequest) -> None:
    refuse_strangers(view, request.user)
    view.is_default = False
    view.save()
    messages.success(request, _("Your goals open without a view."))


def share(view: SavedView, request: HttpRequest) -> None:
    view.shared = True
    view.save()
    messages.success(request, _("Everybody may use “%(name)s”.") % {"name": view.name})


def unshare(view: SavedView, request: HttpRequest) -> None:
    view.shared = False
    view.save()
    messages.success(request, _("“%(name)s” is for its owner alone.") % {"name": view.name})


def delete(view: SavedView, request: HttpRequest) -> None:
    messages.success(request, _("The view “%(name)s” is deleted; no goal was changed.") % {"name": view.name})
    view.delete()


def refuse_strangers(view: SavedView, person: Person) -> None:
    """What opens first is everybody's own affair."""
    if view.person_id != person.pk:
        raise PermissionDenied


ACTS = {
    "replace": replace,
    "first": first,
    "not-first": not_first,
    "share": share,
    "unshare": unshare,
    "delete": delete,
}
