"""The goal tree: what people decide. Figures stand beside it and can be rebuilt at any time."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey
from mptt.querysets import TreeQuerySet
from simple_history.models import HistoricalRecords

from cascade.errors import VersionMismatch
from cascade.fields import figure_field, weight_field
from goals import acts, locks, structure
from goals.models.figures import DirtyMark
from goals.models.planning import Cycle, Perspective
from people.models import Level, Organisation, Person, Unit, reports_below


class TreeNumber(models.Model):
    """The sequence that numbers trees: `max() + 1` would hand out the same number to two writers at once."""

    @classmethod
    def take(cls) -> int:
        return cls.objects.create().pk


class GoalQuerySet(TreeQuerySet):
    def visible_to(self, person):
        """The goals a person may see (docs/domain.md section 17): those of the organisation that are open to
        everybody, to the person's unit, owned by or contributed to by the person, or owned in units or by people that
        the person manages, however many managers lie between."""
        mine = self.filter(organisation_id=person.organisation_id)
        if person.sees_everything:
            return mine
        contributes = Goal.contributors.through.objects.filter(goal_id=OuterRef("pk"), person_id=person.pk)
        seen = (
            Q(visibility=Goal.Visibility.ORGANISATION)
            | Q(owner_id=person.pk)
            | Q(owner_id__in=reports_below(person))
            | Q(Exists(contributes))
        )
        if person.unit_id:
            seen |= Q(visibility=Goal.Visibility.UNIT, unit_id__in=person.unit_ids)
        if person.managed_path:
            seen |= Q(unit__path__startswith=person.managed_path) | Q(owner__unit__path__startswith=person.managed_path)
        return mine.filter(seen)

    def open(self):
        return self.exclude(state__in=(Goal.State.CLOSED, Goal.State.CANCELLED))

    def in_tree_order(self):
        """Parents before children, siblings by position, trees one after the other."""
        return self.order_by("tree_id", "lft")

    def subtree(self, goal):
        """The goal and everything below it."""
        return self.filter(
            organisation_id=goal.organisation_id, tree_id=goal.tree_id, lft__gte=goal.lft, rght__lte=goal.rght
        )

    def with_figures(self):
        return self.select_related("figures")

    def with_alignment(self):
        """`aligned`: the root of the goal's tree stands on the strategic level (rank 0)."""
        root = Goal.objects.filter(tree_id=OuterRef("tree_id"), parent=None, level__rank=0)
        return self.annotate(aligned=Exists(root))

    def with_freshness(self):
        """`pending`: something committed in the goal's tree has not been rolled up yet."""
        marks = DirtyMark.objects.filter(organisation_id=OuterRef("organisation_id"))
        return self.annotate(pending=Exists(marks.filter(Q(goal__tree_id=OuterRef("tree_id")) | Q(goal=None))))


class GoalManager(TreeManager.from_queryset(GoalQuerySet)):
    def _get_next_tree_id(self):
        return TreeNumber.take()


class Goal(MPTTModel):
    """One goal of a cycle's tree (docs/domain.md sections 1, 2 and 8).

    `weight` is relative to its siblings and the parent's own KPIs; 0 means tracked, not counted. `final_*` are the
    figures frozen when it was closed, each 0..1. Structural changes (create, move, delete) go through goals/tree.py,
    which holds the organisation's lock; saving one outside it is refused.
    """

    class Visibility(models.TextChoices):
        ORGANISATION = "organisation", gettext_lazy("Everybody in the organisation")
        UNIT = "unit", gettext_lazy("The unit")
        PRIVATE = "private", gettext_lazy("Owner and managers")

    class Outcome(models.TextChoices):
        ACHIEVED = "achieved", gettext_lazy("Achieved")
        PARTIAL = "partial", gettext_lazy("Partly achieved")
        MISSED = "missed", gettext_lazy("Missed")
        UNKNOWN = "unknown", gettext_lazy("Unknown")

    class State(models.TextChoices):
        DRAFT = "draft", gettext_lazy("Draft")
        PROPOSED = "proposed", gettext_lazy("Proposed")
        ACTIVE = "active", gettext_lazy("Active")
        PAUSED = "paused", gettext_lazy("Paused")
        CLOSED = "closed", gettext_lazy("Closed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    class Method(models.TextChoices):
        WEIGHTED_MEAN = "weighted_mean", gettext_lazy("Weighted mean of its parts")
        WEAKEST_LINK = "weakest_link", gettext_lazy("Weakest part")
        OWN_KPIS = "own_kpis", gettext_lazy("Own KPIs only")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="goals")
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="goals")
    level = models.ForeignKey(Level, models.PROTECT, related_name="goals")
    parent = TreeForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False)
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    why = models.TextField(blank=True)
    contribution = models.TextField(blank=True, help_text="How this goal helps its parent, in words.")
    owner = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="goals")
    contributors = models.ManyToManyField(Person, blank=True, related_name="contributes_to")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="goals")
    perspective = models.ForeignKey(Perspective, models.SET_NULL, null=True, blank=True, related_name="goals")
    weight = weight_field()
    rollup_method = models.CharField(max_length=20, choices=Method, default=Method.WEIGHTED_MEAN)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.ORGANISATION)
    start = models.DateField(null=True, blank=True)
    due = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    final_progress = figure_field()
    final_coverage = figure_field()
    final_expected = figure_field()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    closing_note = models.TextField(blank=True)
    tree_id = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = GoalManager()
    history = HistoricalRecords(excluded_fields=["lft", "rght", "tree_id", "depth"])

    class MPTTMeta:
        level_attr = "depth"

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["parent", "position"], name="goal_children"),
            models.Index(fields=["organisation", "tree_id", "lft"], name="goal_tree_order"),
            models.Index(fields=["organisation", "owner"], name="goal_owner"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(weight__gte=Decimal(0)), name="goal_weight_not_negative"),
            models.CheckConstraint(
                condition=Q(start=None) | Q(due=None) | Q(start__lte=F("due")), name="goal_dates_order"
            ),
            models.CheckConstraint(condition=Q(lft__lt=F("rght")), name="goal_lft_before_rght"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="goal_not_its_own_parent"),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_on__isnull=False), name="goal_closed_has_a_date"
            ),
            models.UniqueConstraint(fields=["tree_id"], condition=Q(parent=None), name="goal_one_root_a_tree"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="goal_external_id_unique"
            ),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        if self._state.adding or self.parent_id != self._mptt_cached_fields.get("parent"):
            structure.require_lock(self.organisation_id)
        elif kwargs.get("update_fields") is None and not structure.is_locked(self.organisation_id):
            # A save that moves nothing must not write back tree fields that went stale since the row was read.
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in ("lft", "rght", "tree_id", "depth", "parent", "position")
            ]
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        structure.require_lock(self.organisation_id)
        return super().delete(*args, **kwargs)

    def ancestors(self):
        """The goals above this one, root first, found by walking `parent` (one query, flat in the tree's size)."""
        return Goal.objects.filter(pk__in=structure.ancestor_ids([self.pk])).exclude(pk=self.pk).order_by("depth")

    RELATED = ("cycle", "level", "owner", "unit", "perspective")
    ROLLED_UP = frozenset({"weight", "rollup_method", "level", "start", "due", "final_progress"})
    RESCORED = frozenset({"start", "due", "cycle"})  # the life of a KPI without dates of its own
    PLACED = frozenset({"level", "cycle"})  # checked against the goals above and below, so nothing may move meanwhile

    def revise(self, *, by: Person | None, version: int | None = None, reason: str = "", **fields) -> "Goal":
        """Changes what people decide about the goal, but neither its place (goals/tree.py) nor its state
        (goals/lifecycle.py), in one transaction with its history and its dirty marks. What is as given already is no
        change: no version, no history.

        Raises VersionMismatch when `version` is given and not the stored one, Conflict (locked), ValidationError with
        the codes of `check_decided`, level_above_parent and other_cycle.
        """
        with structure.lock(self.organisation_id) if self.PLACED & fields.keys() else transaction.atomic():
            goal = Goal.objects.select_for_update(no_key=True, of=("self",)).get(pk=self.pk)
            if version is not None and version != goal.version:
                raise VersionMismatch(goal.version)
            contributors = fields.pop("contributors", None)
            changed = {name for name, value in fields.items() if getattr(goal, name) != value}
            helped = sorted(goal.contributors.values_list("pk", flat=True)) if contributors is not None else []
            helping = sorted({person.pk for person in contributors or ()})
            helpers = helped != helping
            if not changed and not helpers:
                return goal
            locks.refuse_revision(goal, {name: fields[name] for name in changed})
            before = {goal._meta.get_field(name).attname: goal.serializable_value(name) for name in changed}
            before |= {"contributors": helped} if helpers else {}
            acts.note("revised", goal.pk, goal.version, fields=before)
            for name in changed:
                setattr(goal, name, fields[name])
            goal.check_decided()
            if self.PLACED & changed:
                goal.refuse_wrong_level()
                goal.refuse_other_cycle()
            goal.version += 1
            goal._history_user, goal._change_reason = by, reason
            goal.save()
            if helpers:
                goal.contributors.set(contributors)
                told = {"version": goal.version, "before": helped, "after": helping}
                goal.contributors_changes.create(organisation_id=goal.organisation_id, **told)
            goal._mark_revised(changed)
            return goal

    def _mark_revised(self, changed: set[str]) -> None:
        from goals import marks  # marks import these models

        if self.RESCORED & changed:
            marks.mark(self.organisation_id, kpis=[(pk, self.pk) for pk in self.kpis.values_list("pk", flat=True)])
        if (self.ROLLED_UP | self.RESCORED) & changed:
            marks.mark(self.organisation_id, [self.pk, self.parent_id])

    def refuse_wrong_level(self) -> None:
        """A goal stands on or below its parent's level, its children on or below its own (docs/domain.md section 1)."""
        below = self.children.filter(level__rank__lt=self.level.rank)
        if (self.parent_id and self.level.rank < self.parent.level.rank) or below.exists():
            message = _("A goal cannot stand above its parent's level, nor below the level of a goal under it.")
            raise ValidationError({"level": ValidationError(message, code="level_above_parent")})

    def refuse_other_cycle(self) -> None:
        """A tree belongs to one cycle."""
        others = Goal.objects.filter(Q(parent=self.pk) | Q(pk=self.parent_id)).exclude(cycle_id=self.cycle_id)
        if others.exists():
            message = _("The goals above and below it belong to another cycle.")
            raise ValidationError({"cycle": ValidationError(message, code="other_cycle")})

    def check_decided(self) -> None:
        """Refuses fields people filled in wrongly: the codes of Django's fields, of `clean`, external_id_taken."""
        places = ["parent", "tree_id", "lft", "rght", "depth"]
        related = [name for name in ("organisation", *self.RELATED) if getattr(self, f"{name}_id") is not None]
        self.full_clean(exclude=[*places, *related], validate_unique=False, validate_constraints=False)
        same = Goal.objects.filter(organisation_id=self.organisation_id, external_id=self.external_id)
        if self.external_id and same.exclude(pk=self.pk).exists():
            message = _("Another goal has this external id.")
            raise ValidationError({"external_id": ValidationError(message, code="external_id_taken")})

    def clean(self):
        """Codes dates_order, weight_negative, other_organisation (of a stored goal only what was given since)."""
        found = {}
        if self.start and self.due and self.start > self.due:
            found["due"] = ValidationError(_("The due date lies before the start."), code="dates_order")
        if self.weight is not None and self.weight < 0:
            found["weight"] = ValidationError(_("A weight is 0 or more."), code="weight_negative")
        for name in self.RELATED:
            given = self._state.adding or self._meta.get_field(name).is_cached(self)
            related = getattr(self, name) if given and getattr(self, f"{name}_id") else None
            if related is not None and related.organisation_id != self.organisation_id:
                found[name] = ValidationError(_("It belongs to another organisation."), code="other_organisation")
        if found:
            raise ValidationError(found)

    @property
    def is_open(self) -> bool:
        return self.state not in (Goal.State.CLOSED, Goal.State.CANCELLED)
