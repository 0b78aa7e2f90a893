"""Who may do what with a review (docs/domain.md section 17); which ones a person sees: `Review.objects.visible_to`."""

from django.db.models import Exists, OuterRef, Q

from goals.access import can_edit
from goals.models import Goal
from people.access import can_run_cycle
from people.models import Person, reports_below
from reviews.models import Review


def can_check_in(person: Person, review: Review) -> bool:
    """Tell how a goal stands: who owes the review, owns the goal or contributes to it."""
    goal = review.goal
    if person.pk in (review.owner_id, goal.owner_id):
        return True
    return goal.organisation_id == person.organisation_id and goal.contributors.filter(pk=person.pk).exists()


def can_hold(person: Person, review: Review) -> bool:
    """Open the review, decide in it, sign it off, move it and call it off: who owes it, the managers above, and whoever
    may edit the goal."""
    if person.organisation_id != review.organisation_id:
        return False
    return person.pk == review.owner_id or can_edit(person, review.goal) or manages(person, review.owner_id)


def holdable(person: Person, review: str = "") -> Q:
    """`can_hold` as a condition on reviews, or on what leads to a review by the name `review`."""
    owned = Q(**{f"{review}owner_id": person.pk}) | Q(**{f"{review}owner_id__in": reports_below(person)})
    held = owned | editable(person, f"{review}goal__")
    return Q(**{f"{review}organisation_id": person.organisation_id}) & held


def candid_to(person: Person) -> Q:
    """The check-ins whose confidence and blockers a person may know: authors their own, who owns the goal or owes the
    review, the managers above and whoever may edit the goal, and who reads everything."""
    ours = Q(organisation_id=person.organisation_id)
    if person.sees_everything:
        return ours
    below = reports_below(person)
    managed = Q(author_id__in=below) | Q(review__goal__owner_id__in=below)
    return ours & (Q(author_id=person.pk) | managed | holdable(person, "review__"))


def editable(person: Person, goal: str = "") -> Q:
    """`goals.access.can_edit` as a condition on goals, or on what leads to a goal by the name `goal`."""
    if can_run_cycle(person):
        return Q(**{f"{goal}organisation_id": person.organisation_id})
    above = Goal.objects.filter(
        organisation_id=person.organisation_id,
        owner_id=person.pk,
        tree_id=OuterRef(f"{goal}tree_id"),
        lft__lte=OuterRef(f"{goal}lft"),
        rght__gte=OuterRef(f"{goal}rght"),
    )
    found = Q(Exists(above))
    if person.managed_path:
        found |= Q(**{f"{goal}unit__path__startswith": person.managed_path})
        found |= Q(**{f"{goal}owner__unit__path__startswith": person.managed_path})
    return found


def manages(person: Person, other_id: int | None) -> bool:
    """The other person's manager, or one above."""
    return other_id is not None and Person.objects.filter(pk=other_id, pk__in=reports_below(person)).exists()


def can_choose(person: Person) -> bool:
    """Say how often and when the organisation reviews its goals, and on which days it does not work."""
    return can_run_cycle(person)
