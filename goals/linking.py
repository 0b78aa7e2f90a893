"""Drawing, changing and erasing cause-effect links: the one door for page and API (docs/domain.md section 16).

A circle is found only by who sees all links, so each of these holds the organisation's lock.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from cascade.versions import refuse_other
from goals import structure
from goals.causes import closing
from goals.models import CausalLink, Goal
from goals.tree import fresh
from people.models import Person

CHANGED = ("hypothesis", "strength", "lag")
LONGEST = 80  # letters of a title in a sentence


def draw(
    cause: Goal, effect: Goal, *, by: Person | None, hypothesis: str, strength: int = 2, lag: int = 0, reason: str = ""
) -> CausalLink:
    """A new link. Raises Conflict causal_cycle or link_exists, ValidationError same_goal, other_cycle,
    other_organisation and those of the fields."""
    with structure.lock(cause.organisation_id):
        cause, effect = fresh(cause), fresh(effect)
        refuse_strangers(cause, effect)
        if CausalLink.objects.filter(cause=cause, effect=effect).exists():
            raise Conflict("link_exists", _("These two goals are linked already."))
        refuse_circle(cause, effect, by)
        link = CausalLink(organisation_id=cause.organisation_id, cause=cause, effect=effect)
        link.hypothesis, link.strength, link.lag = hypothesis, strength, lag
        return save(link, by, reason)


def revise(
    link: CausalLink, *, by: Person | None, version: int | None = None, reason: str = "", **fields: Any
) -> CausalLink:
    """Changes hypothesis, strength or lag; what is as given already is no change. Raises VersionMismatch when `version`
    is given and not the stored one, and ValidationError."""
    with structure.lock(link.organisation_id):
        link = CausalLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.pk)
        refuse_other(link, version)
        changed = {name for name in CHANGED if name in fields and getattr(link, name) != fields[name]}
        if not changed:
            return link
        for name in changed:
            setattr(link, name, fields[name])
        link.version += 1
        return save(link, by, reason)


def erase(link: CausalLink, *, by: Person | None, version: int | None = None, reason: str = "") -> None:
    with structure.lock(link.organisation_id):
        link = CausalLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.pk)
        refuse_other(link, version)
        link._history_user, link._change_reason = by, reason
        link.delete()


def save(link: CausalLink, by: Person | None, reason: str) -> CausalLink:
    link.full_clean(exclude=["organisation", "cause", "effect"], validate_unique=False, validate_constraints=False)
    link._history_user, link._change_reason = by, reason
    link.save()
    return link


def refuse_strangers(cause: Goal, effect: Goal) -> None:
    found = {}
    if cause.pk == effect.pk:
        found["effect"] = ValidationError(_("A goal cannot lead to itself."), code="same_goal")
    elif cause.organisation_id != effect.organisation_id:
        found["effect"] = ValidationError(_("It belongs to another organisation."), code="other_organisation")
    elif cause.cycle_id != effect.cycle_id:
        found["effect"] = ValidationError(_("It belongs to another cycle."), code="other_cycle")
    if found:
        raise ValidationError(found)


def refuse_circle(cause: Goal, effect: Goal, person: Person | None) -> None:
    links = CausalLink.objects.filter(organisation_id=cause.organisation_id).order_by("pk")
    found = closing(links.values_list("cause_id", "effect_id"), cause.pk, effect.pk)
    if found:
        raise Conflict("causal_cycle", circle_in_words(found, person))


def circle_in_words(circle: list[int], person: Person | None) -> str:
    """The circle with the titles that a person may read."""
    goals = Goal.objects.filter(pk__in=circle) if person is None else Goal.objects.visible_to(person)
    titles = dict(goals.filter(pk__in=circle).values_list("pk", "title"))
    names = [
        f"“{Truncator(titles[pk]).chars(LONGEST)}”" if pk in titles else _("a goal you may not see") for pk in circle
    ]
    return _("That would be a circle: %(circle)s.") % {"circle": " → ".join(names)}


def take_back(told: Any, cause: Goal, effect: Goal, *, by: Person | None) -> CausalLink | None:
    """Undoes the change that a row of the links' history tells of; None where that erases the link.

    Raises Conflict changed_since where it was changed again, and those of `draw`.
    """
    with structure.lock(told.organisation_id):
        latest = CausalLink.history.filter(id=told.id).order_by("-history_id").first()
        if latest.pk != told.pk:
            raise Conflict("changed_since", _("The link was changed again in the meantime, so nothing was undone."))
        reason = _("Taken back")
        if told.history_type == "-":
            kept = {name: getattr(told, name) for name in CHANGED}
            return draw(cause, effect, by=by, reason=reason, **kept)
        link = CausalLink.objects.get(pk=told.id)
        if told.history_type == "+":
            erase(link, by=by, reason=reason)
            return None
        before = told.prev_record
        return revise(link, by=by, reason=reason, **{name: getattr(before, name) for name in CHANGED})
