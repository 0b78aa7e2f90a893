"""The REST API of what-if questions and drafts: what changes would do, kept, and made so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.errors import RowsRefused
from cascade.paging import by
from cascade.problems import field_error, flattened
from cascade.resource import Resource, operation
from goals.drafts import Line
from goals.models import Draft
from kpis import applying, draft_lines, supposing
from kpis import draft_shapes as shapes
from kpis.draft_effects import Effect, applied_effects, effects_of
from kpis.draft_lines import MESSAGES, Key
from kpis.serializers import goals
from people.models import Person, Scope

NAMED = {"goal": goals, "kpi": shapes.kpis}


def read(person: Person, sent: Sequence[dict[str, Any]]) -> list[tuple[Key, dict[str, Any]]]:
    """The lines as they were sent, each checked. RowsRefused tells every wrong one."""
    fetched = fetch(person, sent)
    errors: list[dict] = []
    found: dict[Key, dict[str, Any]] = {}
    for place, row in enumerate(sent, 1):
        shape = shapes.LineIn(data=row, context={"person": person, "fetched": fetched})
        if not shape.is_valid():
            errors += [{"row": place, **told} for told in flattened(shape.errors)]
            continue
        kind = "goal" if "goal" in shape.validated_data else "kpi"
        key = kind, shape.validated_data[kind].pk
        if key in found:
            errors.append({"row": place, **field_error(kind, "given_twice", "An earlier line is about it already.")})
        found[key] = shape.validated_data["set"]
    refuse(errors)
    return list(found.items())


def fetch(person: Person, sent: Sequence[dict[str, Any]]) -> dict[str, dict]:
    """Every goal and KPI that the lines name, in at most two queries each."""
    sets = [row["set"] for row in sent if isinstance(row.get("set"), dict)]
    named = {
        "goal": [row.get("goal") for row in sent] + [each.get(name) for each in sets for name in draft_lines.PLACES],
        "kpi": [row.get("kpi") for row in sent],
    }
    found = {}
    for kind, values in named.items():
        wanted = {value for value in values if isinstance(value, int | str) and not isinstance(value, bool)}
        found[kind] = shapes.Reference(NAMED[kind]).fetch(person, wanted)
    return found | dict.fromkeys(draft_lines.PLACES, found["goal"])


def refuse(errors: list[dict]) -> None:
    if errors:
        raise RowsRefused(errors, rejected=len({error["row"] for error in errors}))


def lines_of(person: Person, sent: Sequence[dict[str, Any]]) -> list[Line]:
    """The lines of a draft; RowsRefused also where one cannot be."""
    given = read(person, sent)
    lines = draft_lines.build([], person, given)
    world = supposing.world_of(person.organisation, lines)
    refuse_impossible(given, supposing.impossible(world, lines))
    return lines


def refuse_impossible(given: Sequence[tuple[Key, Any]], refused: Mapping[Key, str]) -> None:
    rows = {key: place for place, (key, _set) in enumerate(given, 1)}
    refuse([{"row": rows[key], **field_error("set", code, str(MESSAGES[code]))} for key, code in refused.items()])


def told(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    shape = shapes.EffectRow()
    return [
        shape.to_representation(
            {
                "goal": effect.goal and effect.goal.pk,
                "restricted": effect.goal is None,
                "before": effect.before,
                "after": effect.after,
                "delta": effect.delta,
                "status_before": effect.was or None,
                "status_after": effect.status or None,
            }
        )
        for effect in effects
    ]


ASKED = OpenApiExample(
    "A value today, and a goal at another place",
    request_only=True,
    value={
        "changes": [
            {"kpi": 31, "set": {"actual": "50"}},
            {"goal": 12, "set": {"parent": 7, "weight": "50"}},
        ]
    },
)
TOLD = OpenApiExample(
    "What would follow",
    response_only=True,
    value={
        "date": "2026-06-30",
        "goals": [
            {
                "goal": 4,
                "restricted": False,
                "before": "0.630000",
                "after": "0.810000",
                "delta": "0.180000",
                "status_before": "on_track",
                "status_after": "on_track",
            },
            {
                "goal": None,
                "restricted": True,
                "before": None,
                "after": None,
                "delta": None,
                "status_before": None,
                "status_after": None,
            },
        ],
    },
)


class WhatIf(Resource):
    write_scope = Scope.READ  # asking changes nothing

    @operation(body=shapes.WhatIfBody, answer=shapes.WhatIfAnswer, examples=(ASKED, TOLD))
    def create(self, request):
        """What if: the goals at or above every changed place, before and after, the largest change first.

        Nothing is saved. Of a KPI the value today (`actual`), the values of periods, the target, weight, state or
        simply the progress can be supposed, of a goal weight, roll-up method, state and place. What the caller may not
        see does not exist: it can neither be changed nor read. Errors name their line as `row`, counted from 1, with
        the codes `does_not_exist`, `given_twice`, `unknown_field`, `level_above_parent`, `goal_cycle`, `other_cycle`,
        `parent_ended`, `actual_needs_by_due` and `unknown_period`.
        """
        body = self.body()
        given = read(self.person, body["changes"])
        lines = [{"kind": kind, "id": pk, "set": fields} for (kind, pk), fields in given]
        found = supposing.trial(self.person.organisation, lines, body.get("date"))
        refuse_impossible(given, found.refused)
        return Response({"date": found.on.isoformat(), "goals": told(effects_of(self.person, found.found))})


class Drafts(Resource):
    def visible(self):
        return Draft.objects.visible_to(self.person)

    def found(self, pk) -> Draft:
        return get_object_or_404(self.visible(), pk=int(pk))

    def own(self, pk) -> Draft:
        draft = self.found(pk)
        self.may(draft.owner_id == self.person.pk, "Only whoever made a draft changes it.")
        return draft

    def filled(self, ids) -> list[dict]:
        return shapes.DraftRow.filled(self.visible(), ids)

    def shown(self, draft: Draft, status: int = 200) -> Response:
        lines = draft_lines.shown(self.person, draft.changes)
        changes = [
            {"line": place, each.line["kind"]: each.line["id"], "set": draft_lines.told(each)}
            for place, each in enumerate(lines, 1)
            if each.subject is not None
        ]
        row = self.filled([draft.pk])[0]
        return Response({**row, "changes": changes, "hidden_changes": len(lines) - len(changes)}, status)

    @operation(query=shapes.DraftQuery, answer=shapes.DraftRow, page=True)
    def list(self, request):
        """Drafts: one's own, and those that others share with the organisation."""
        rows = self.visible()
        if "state" in self.query:
            rows = rows.filter(state=self.query["state"])
        if "mine" in self.query:
            rows = rows.filter(owner=self.person) if self.query["mine"] else rows.exclude(owner=self.person)
        name = self.query["ordering"]
        return self.paged(rows, by(name.lstrip("-"), descending=name.startswith("-")), self.filled)

    @operation(answer=shapes.DraftWhole)
    def retrieve(self, request, pk):
        """One draft with its lines, as far as the caller may see what they are about."""
        return self.shown(self.found(pk))

    @operation(body=shapes.DraftNew, answer=shapes.DraftWhole, status=201)
    def create(self, request):
        """A new draft. Its lines are those of `what-if/`; it changes no goal and no KPI until it is applied."""
        fields = self.body()
        fields["changes"] = lines_of(self.person, fields.get("changes", []))
        draft = Draft.objects.create(organisation=self.person.organisation, owner=self.person, **fields)
        return self.shown(draft, 201)

    @operation(body=shapes.DraftChange, answer=shapes.DraftWhole, versioned=True)
    def partial_update(self, request, pk):
        """Change a draft's name, sharing, state or lines; `changes` takes the place of all lines there are.

        409 has the codes `draft_applied` and `draft_not_open`.
        """
        draft = self.own(pk)
        version = versions.expected(request, draft.version)
        fields = self.body(partial=True)
        if "changes" in fields:
            fields["changes"] = lines_of(self.person, fields["changes"])
        return self.shown(draft.revise(version=version, **fields))

    @action(detail=True)
    @operation(answer=shapes.DraftEffects)
    def effects(self, request, pk):
        """What a draft would do today, as `what-if/` answers it, and which of its lines no longer fit what is stored.

        Of an applied draft: what it did.
        """
        draft, today = self.found(pk), self.person.organisation.today()
        if draft.state == Draft.State.APPLIED:
            goals = told(applied_effects(self.person, draft))
            return Response({"date": today.isoformat(), "goals": goals, "conflicts": []})
        found = supposing.trial(self.person.organisation, draft.changes)
        conflicts = list(self.conflicts(draft, found.refused))
        goals = told(effects_of(self.person, found.found))
        return Response({"date": today.isoformat(), "goals": goals, "conflicts": conflicts})

    def conflicts(self, draft: Draft, refused: Mapping[Key, str]) -> Iterator[dict]:
        for place, each in enumerate(draft_lines.shown(self.person, draft.changes), 1):
            for field, code, message in each.problems():
                yield {"line": place, **field_error(field, code, message)}
            if not each.is_outdated and each.key in refused:
                code = refused[each.key]
                yield {"line": place, **field_error("set", code, str(MESSAGES[code]))}

    @action(detail=True, methods=["post"])
    @operation(body=shapes.DraftApply, answer=shapes.DraftWhole, versioned=True)
    def apply(self, request, pk):
        """Make a draft's changes so, in one transaction: all of them, or none.

        The right to make each of them is asked for. What is only tried (`actual`, `progress`, and `values` without
        `record_values`) is left out. 409 has the codes `cannot_apply` (`errors` names each line as `row`, such as
        `changed_since`, `ended_since`, `does_not_exist`, `goal_cycle`, `parent_ended`, `live_descendants`),
        `nothing_to_apply`, `draft_applied` and `draft_not_open`.
        """
        draft = self.found(pk)
        version = versions.expected(request, draft.version)
        return self.shown(applying.apply(draft, by=self.person, version=version, **self.body()))


routes = [("drafts", Drafts)]
singles = [("what-if", WhatIf, {"post": "create"})]
