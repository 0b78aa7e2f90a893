"""Comments on the goal's page: said, changed and taken back in place."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cascade.once import make_once
from goals import access, comments, sections
from goals.audience import people_who_see
from goals.voices.forms import CommentForm
from goals.voices.section import ANCHOR, PART, context
from people import fields


@require_http_methods(["GET", "HEAD", "POST"])
def all_of(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = sections.seen(request.user, goal_id)
    if request.method != "POST":
        return sections.show(request, goal, PART, context(request, goal))
    form = CommentForm(request.POST, auto_id="comment-%s")
    if form.is_valid():
        told = form.cleaned_data
        try:
            make_once(request.user, told["once"], lambda: comments.create(goal, told["text"], by=request.user))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return sections.done(request, goal, PART, context(request, goal), ANCHOR)
    return sections.show(request, goal, PART, context(request, goal, say="comment", form=form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal = sections.seen(request.user, goal_id)
    comment = get_object_or_404(goal.comments.all(), pk=pk)
    if not access.can_edit_comment(request.user, comment):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else None
    form = CommentForm(sent, initial={"text": comment.text}, auto_id=f"comment-{pk}-%s")
    if sent is None:
        return sections.show(request, goal, PART, context(request, goal, form=form, editing=comment))
    if form.is_valid():
        try:
            comments.edit(comment, form.cleaned_data["text"])
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return sections.done(request, goal, PART, context(request, goal), f"comment-{pk}")
    return sections.show(request, goal, PART, context(request, goal, form=form, editing=comment), status=422)


@require_POST
def delete(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal = sections.seen(request.user, goal_id)
    comment = get_object_or_404(goal.comments.all(), pk=pk)
    if comment.deleted_at is None:
        if not access.can_delete_comment(request.user, comment):
            raise PermissionDenied
        comments.delete(comment)
    return sections.done(request, goal, PART, context(request, goal), ANCHOR)


@require_safe
def people(request: HttpRequest, goal_id: int) -> HttpResponse:
    """Who may be mentioned and is called so."""
    goal = sections.seen(request.user, goal_id)
    found = fields.called(request.GET.get("q", "").replace("\0", "")[:200], people_who_see(goal))
    named = [(person, fields.written(person, namesake=person.namesake)) for person in found]
    return render(request, "goals/tree/owners.html", {"people": named})
