"""The REST API of goals: the rows, their place and state, and how their figures came about."""

from django.db.models import FloatField, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.paging import Order, by
from cascade.resource import Resource, operation
from cascade.wire import AsOfQuery
from goals import (
    advice,
    answers,
    confidence,
    explaining,
    history_api,
    lifecycle,
    past,
    reading,
    smart_api,
    tree,
    trend_api,
    writing_api,
)
from goals import serializers as shapes
from goals.access import Rights
from goals.models import Goal
from goals.then import Then

NO_EDIT = "You may not change this goal."
FILTERS = {
    "cycle": "cycle",
    "level": "level",
    "parent": "parent",
    "unit": "unit",
    "owner": "owner",
    "perspective": "perspective",
    "external_id": "external_id",
    "state": "state__in",
    "status": "figures__status__in",
    "aligned": "aligned",
    "ids": "pk__in",
}
LAST_DAY = "9999-12-31"
FIRST_DAY = "0001-01-01"


def number(path: str, backwards: bool) -> Order:
    """By a number; goals without one come last."""
    return Order({path: Coalesce(Cast(path, FloatField()), Value(-9e9 if backwards else 9e9))}, backwards)


def orders() -> dict[str, Order]:
    found = {"tree": by("tree_id", "lft", moving=True)}
    for way, backwards in (("", False), ("-", True)):
        found |= {f"{way}{name}": by(name, descending=backwards) for name in ("title", "updated_at")}
        found |= {f"{way}{name}": number(f"figures__{name}", backwards) for name in ("progress", "gap")}
        found[f"{way}weight"] = number("weight", backwards)
        without = Value(FIRST_DAY if backwards else LAST_DAY, Goal._meta.get_field("due"))
        found[f"{way}due"] = Order({"due": Coalesce("due", without)}, backwards)
    return found


ORDERS = orders()


class Goals(Resource):
    @property
    def is_past(self) -> bool:
        return bool(self.query.keys() & {"as_of", "known"})

    @property
    def moment(self) -> tuple:
        return self.query.get("as_of"), self.query.get("known")

    def visible(self):
        return Goal.objects.visible_to(self.person)

    def found(self, pk) -> Goal:
        goals = self.visible().select_related("organisation", "unit", "owner__unit")
        return get_object_or_404(goals, pk=int(pk))

    def editable(self, pk) -> Goal:
        goal = self.found(pk)
        self.may(Rights.of(self.person).can_edit(goal), NO_EDIT)
        return goal

    def filled(self, ids) -> list[dict]:
        return self.scored(reading.rows(self.person, ids))

    def scored(self, rows) -> list[dict]:
        said = confidence.of(self.person, [row["id"] for row in rows])
        known = {pk: {"confidence": each.value} for pk, each in said.items()}
        rows = advice.with_scores(self.person.organisation, rows)
        return self.told([row | known.get(row["id"], {}) for row in rows])

    def told(self, rows) -> list[dict]:
        shape = shapes.GoalRow()
        return [shape.to_representation({"smart_score": None, "confidence": None} | row) for row in rows]

    def shown(self, goal: Goal, status: int = 200) -> Response:
        """The goal as it is now, also to a writer whose change took it out of their own sight."""
        own = Goal.objects.filter(organisation_id=self.person.organisation_id)
        return Response(self.scored(reading.rows(self.person, [goal.pk], own))[0], status)

    def again(self, data):
        return next(iter(self.filled([data["id"]])), data) if "version" in data else data

    @operation(query=shapes.GoalQuery, answer=shapes.GoalRow, page=True)
    def list(self, request):
        """Goals with their figures, now or at any date.

        With `as_of` or `known` everything is as it was: which goals there were, their place and what people had
        decided, as known then, and the figures of that date, all calculated afresh; filters and order look at that,
        and a page goes on where the last one ended as long as the same moment is asked for. Who may see a goal is
        decided by what the goal is today.
        """
        ordering = self.query["ordering"]
        if self.is_past:
            root = self.query.get("root")
            return self.paged_then(self.then(), root=root and root.pk)
        return self.paged(self.filtered(), ORDERS[ordering], self.filled)

    def then(self) -> Then:
        return Then(self.person, past.tree_at(self.person.organisation, *self.moment))

    def paged_then(self, then: Then, root=None, depth=None) -> Response:
        return self.paged_computed(then.matching(self.query, root, depth), lambda ids: self.told(then.rows(ids)))

    def filtered(self):
        goals, query = self.visible().with_alignment(), self.query
        for name, lookup in FILTERS.items():
            if name in query:
                goals = goals.filter(**{lookup: None if query[name] == "none" else query[name]})
        if "root" in query:
            goals = goals.subtree(query["root"])
        if "stale" in query:
            stale = Q(figures__stale_share__gt=0)
            goals = goals.filter(stale if query["stale"] else ~stale)
        if words := query.get("search"):
            goals = goals.filter(Q(title__icontains=words) | Q(why__icontains=words) | Q(external_id__icontains=words))
        if since := query.get("updated_since"):
            goals = goals.filter(Q(updated_at__gte=since) | Q(figures__rolled_up_at__gte=since))
        return goals

    @operation(query=AsOfQuery, answer=shapes.GoalRow)
    def retrieve(self, request, pk):
        """One goal with its figures, now or at any date."""
        goal = self.found(pk)
        if not self.is_past:
            return self.shown(goal)
        rows = Then(self.person, past.whole_tree_at(goal, *self.moment)).rows([goal.pk])
        if not rows:
            raise Http404
        return Response(self.told(rows)[0])

    @operation(body=shapes.GoalNew, answer=shapes.GoalRow, status=201)
    def create(self, request):
        """A new goal, by whoever may edit its parent; a root by the strategy office.

        Error codes: `level_above_parent`, `other_cycle`, `before_not_a_sibling`, `external_id_taken`, `dates_order`,
        `owner_must_accept`; 409 `parent_ended`, `smart_too_low` (of one that is to be active at once).
        """
        goal = writing_api.create(self.person, Rights.of(self.person), self.body())
        return self.shown(goal, 201)

    @operation(body=shapes.GoalChange, answer=shapes.GoalRow, versioned=True)
    def partial_update(self, request, pk):
        """Change what people decided about a goal. Its place changes with `move/`, its state with `state/`.

        What is as given already is no change: the version stays. Error codes: as for a new goal, and `use_move`,
        `use_state`.
        """
        goal = self.editable(pk)
        version = versions.expected(request, goal.version)
        writing_api.refuse_place_and_state(request.data, goal)
        goal.revise(by=self.person, version=version, **self.body(partial=True))
        return self.shown(goal)

    @operation(status=204, versioned=True)
    def destroy(self, request, pk):
        """Remove a goal that has nothing below it and was never measured; any other is closed or cancelled.

        409 has the codes `has_children` and `has_values`.
        """
        goal = self.editable(pk)
        tree.delete(goal, by=self.person, version=versions.expected(request, goal.version))
        return Response(status=204)

    @action(detail=True, methods=["post"])
    @operation(body=shapes.GoalMove, answer=shapes.GoalRow, versioned=True)
    def move(self, request, pk):
        """Put a goal, and everything below it, under another parent or elsewhere among its siblings.

        Weights go along. Error codes: `level_above_parent`, `other_cycle`, `before_not_a_sibling`; 409 `goal_cycle`,
        `parent_ended`.
        """
        goal, body = self.found(pk), self.body()
        self.may(Rights.of(self.person).can_move(goal, body["parent"]), "You may not move this goal there.")
        version = versions.expected(request, goal.version)
        tree.move(goal, body.pop("parent"), by=self.person, version=version, **body)
        return self.shown(goal)

    @action(detail=True, methods=["post"])
    @operation(body=shapes.GoalState, answer=shapes.GoalRow, versioned=True)
    def state(self, request, pk):
        """Take a goal to another state: draft, proposed, active, paused, closed or cancelled.

        Closing freezes the figures; reopening thaws them. Error codes: `reason_required`, `only_when_closing`,
        `has_data`, `out_of_range`; 409 `state_not_allowed`, `owner_must_accept`, `live_descendants`, `parent_ended`,
        `smart_too_low` (start it all the same with `despite_smart` and a reason).
        """
        goal, body = self.found(pk), self.body()
        self.may(Rights.of(self.person).can_end(goal, body["with_descendants"]), NO_EDIT)
        version = versions.expected(request, goal.version)
        lifecycle.change_state(goal, body.pop("state"), by=self.person, version=version, **body)
        return self.shown(goal)

    @action(detail=True)
    @operation(answer=shapes.GoalRow, many=True)
    def ancestors(self, request, pk):
        """The goals above one, root first; those that the caller may not see are left out."""
        return Response(self.filled(list(self.found(pk).ancestors().values_list("pk", flat=True))))

    @action(detail=True)
    @operation(query=shapes.BelowQuery, answer=shapes.GoalRow, page=True)
    def descendants(self, request, pk):
        """The goals below one in tree order, parents before children."""
        goal = self.found(pk)
        below = self.visible().subtree(goal).exclude(pk=goal.pk)
        if "depth" in self.query:
            below = below.filter(depth__lte=goal.depth + self.query["depth"])
        return self.paged(below, ORDERS["tree"], self.filled)

    @action(detail=False)
    @operation(query=shapes.TreeQuery, answer=shapes.GoalRow, page=True)
    def tree(self, request):
        """A tree, or all trees, as a flat list in tree order: parents before children, `depth` tells how deep.

        `as_of` and `known` as for the list of goals.
        """
        root, depth = self.query.get("root"), self.query.get("depth")
        if self.is_past:
            return self.paged_then(self.then(), root and root.pk, depth)
        goals = self.visible().subtree(root) if root else self.visible()
        if depth is not None:
            goals = goals.filter(depth__lte=depth + (root.depth if root else 0))
        return self.paged(goals, ORDERS["tree"], self.filled)

    @action(detail=True)
    @operation(query=AsOfQuery, answer=answers.Explanation)
    def explain(self, request, pk):
        """The whole calculation of a goal's progress, down to the values of its KPIs, now or at any date.

        What the caller may not see is one `restricted` line of each goal, with its weight: the sums still agree.
        """
        goal = self.found(pk)
        line = explaining.explain(goal, self.person, *self.moment)
        if line is None:
            raise Http404
        on, known = self.moment
        return Response(answers.told_explanation(line, on or goal.organisation.today(), known))

    @action(detail=True)
    @operation(query=AsOfQuery, answer=answers.ContributionLine, many=True)
    def contributions(self, request, pk):
        """What each KPI and closed goal below gives to a goal, most points first; the points sum to its progress."""
        lines = explaining.contributions(self.found(pk), self.person, *self.moment)
        if lines is None:
            raise Http404
        return Response(
            [answers.told_leaf(line, "effective_weight", "progress", "points", "headroom") for line in lines]
        )

    @action(detail=True)
    @operation(query=answers.ChangeQuery, answer=answers.ChangeAnswer)
    def change(self, request, pk):
        """Why a goal's progress changed between two days: the value and the mix effect of each leaf.

        Each day is as it was known at its end, like the snapshots of `trend/`; with `known` both are as known then.
        """
        goal = self.found(pk)
        found = explaining.change(goal, self.person, self.query["from"], self.query["to"], self.query.get("known"))
        if found is None:
            raise Http404
        return Response(answers.told_change(goal.pk, self.query, found))

    @action(detail=True)
    @operation(query=answers.TrendQuery, answer=answers.TrendPoint, many=True)
    def trend(self, request, pk):
        """A goal's figures as they were known at the end of each day, week (Sunday) or month, oldest first.

        Days before the first snapshot are left out; today's figures are those of now.
        """
        return Response(trend_api.points(self.found(pk), self.query))

    @action(detail=True)
    @operation(answer=smart_api.SmartAnswer)
    def smart(self, request, pk):
        """How well a goal and its KPIs are put by the S.M.A.R.T. rules of docs/domain.md section 12: 0 to 100, and what
        would make it better, with a weak and a strong example for each rule.

        It is advice. An organisation may ask for a `minimum` before a goal starts.
        """
        goal = self.found(pk)
        return Response(smart_api.told(goal, advice.verdict(goal)))

    @action(detail=True)
    @operation(query=history_api.HistoryQuery, answer=history_api.VersionRow, page=True)
    def history(self, request, pk):
        """Who changed what about a goal, when, from what, to what and why, newest first."""
        goal = self.found(pk)
        order = by("history_date", descending=True)
        return self.paged(goal.history.all(), order, lambda ids: history_api.told(goal, self.person, ids))

    @action(detail=False, methods=["post"], url_path="bulk")
    @operation(body=writing_api.GoalBulkBody, answer=writing_api.GoalBulkAnswer)
    def bulk(self, request):
        """Up to 1,000 goals created or changed in one transaction: all of them, or none when one row is wrong.

        A row with `id`, or with the `external_id` of a goal there is, changes that goal: fields, `parent` and `state`
        alike; any other creates one. A row may name goals of earlier rows by external id. The same rows sent again
        change nothing. Errors name their row, counted from 1.
        """
        return Response(writing_api.write(self.person, **self.body()))


routes = [("goals", Goals)]
