"""Who may do what with a review (docs/domain.md section 17); which ones a person sees: `Review.objects.visible_to`."""

from goals.access import can_edit
from people.models import Person
from reviews.models import Review


def can_check_in(person: Person, review: Review) -> bool:
    """Tell how a goal stands: who owes the review, owns the goal or contributes to it."""
    goal = review.goal
    if person.pk in (review.owner_id, goal.owner_id):
        return True
    return goal.organisation_id == person.organisation_id and goal.contributors.filter(pk=person.pk).exists()


def can_hold(person: Person, review: Review) -> bool:
    """Open the review, decide in it, move it and call it off: who owes it, and whoever may edit the goal."""
    return person.pk == review.owner_id or can_edit(person, review.goal)
