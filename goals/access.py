"""Who may do what with a goal (docs/domain.md section 17). Which goals a person sees is `Goal.objects.visible_to`."""

from dataclasses import dataclass

from goals.models import Alignment, Comment, Goal, SavedView
from people import access
from people.models import Person


@dataclass(frozen=True)
class Rights:
    """One person's rights, read once, asked for many goals.

    The administrator and the strategy office edit every goal, a unit manager those of the own units, an owner the
    owned goal and everything below it.
    """

    person: Person
    owned: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, person: Person) -> "Rights":
        owned = Goal.objects.filter(organisation_id=person.organisation_id, owner_id=person.pk)
        return cls(person, tuple(owned.values_list("tree_id", "lft", "rght")))

    @property
    def edits_everything(self) -> bool:
        """Every goal of the organisation, without looking at it."""
        return access.can_run_cycle(self.person)

    def can_edit(self, goal: Goal) -> bool:
        if goal.organisation_id != self.person.organisation_id:
            return False
        if self.edits_everything or self._manages(goal):
            return True
        return any(tree == goal.tree_id and lft <= goal.lft and goal.rght <= rght for tree, lft, rght in self.owned)

    def can_add_below(self, parent: Goal | None) -> bool:
        return access.can_run_cycle(self.person) if parent is None else self.can_edit(parent)

    def can_move(self, goal: Goal, parent: Goal | None) -> bool:
        """Moving needs the right to edit the goal itself and to add below the new parent."""
        return self.can_edit(goal) and (goal.parent_id == (parent.pk if parent else None) or self.can_add_below(parent))

    def can_end(self, goal: Goal, with_descendants: bool) -> bool:
        """Change its state; with everything below it only where the person may edit all of that which is still open."""
        if not self.can_edit(goal):
            return False
        if not with_descendants or access.can_run_cycle(self.person):
            return True
        below = Goal.objects.subtree(goal).open().select_related("unit", "owner__unit")
        return all(self.can_edit(each) for each in below)

    def can_link(self, cause: Goal, effect: Goal) -> bool:
        """Draw, change and erase a cause-effect link: whoever may edit one of its goals and so answers for one end."""
        same = cause.organisation_id == effect.organisation_id == self.person.organisation_id
        return same and (self.can_edit(cause) or self.can_edit(effect))

    def can_remove(self, alignment: Alignment) -> bool:
        """Change an alignment or take it away: whoever may edit one of its goals."""
        return self.can_edit(alignment.goal) or self.can_edit(alignment.supports)

    def can_share_views(self) -> bool:
        """Offer a view of the tree to everybody: who answers for more than own goals."""
        return self.edits_everything or bool(self.person.managed_path)

    def can_change_view(self, view: SavedView) -> bool:
        """Rename, replace and delete it: whoever saved it, and whoever runs the cycle where it is shared."""
        if view.organisation_id != self.person.organisation_id:
            return False
        return view.person_id == self.person.pk or (view.shared and self.edits_everything)

    def _manages(self, goal: Goal) -> bool:
        path = self.person.managed_path
        if not path:
            return False
        owner_unit = goal.owner.unit if goal.owner_id else None
        return any(unit is not None and unit.path.startswith(path) for unit in (goal.unit, owner_unit))


def can_edit(person: Person, goal: Goal) -> bool:
    return Rights.of(person).can_edit(goal)


def can_edit_comment(person: Person, comment: Comment) -> bool:
    """Change its words: its author."""
    return comment.author_id == person.pk and comment.deleted_at is None


def can_delete_comment(person: Person, comment: Comment) -> bool:
    """Its author, and the administrator, who answers for what is written here."""
    own = comment.author_id == person.pk
    return comment.deleted_at is None and (own or access.can_administer(person))
