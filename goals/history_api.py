"""What people changed about a goal, for the API: values as the goal's own answer has them."""

from typing import Any

from rest_framework import serializers

from cascade.paging import PageQuery
from cascade.wire import moment, written
from goals import history, reading
from goals.models import Goal
from people.models import Person

FIELDS = ("external_id", "position", *history.TOLD)
KINDS = {"+": "created", "~": "changed", "-": "deleted"}


class HistoryQuery(PageQuery):
    pass


class FieldChange(serializers.Serializer):
    field = serializers.CharField()

    def get_fields(self):
        values = {"from": told_value("What it was"), "to": told_value("What it became")}
        return super().get_fields() | values


def told_value(words: str) -> serializers.JSONField:
    return serializers.JSONField(
        allow_null=True,
        help_text=f"{words}: a text, number or null; null also for a goal that the caller may not see. Of the "
        "contributors their ids.",
    )


class VersionRow(serializers.Serializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.IntegerField(allow_null=True, help_text="The person; null for a job or an import.")
    reason = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KINDS.values()))
    version = serializers.IntegerField(help_text="Of the goal after the change.")
    changes = FieldChange(many=True, help_text="None for a new goal.")


def told(goal: Goal, person: Person, ids: list[int]) -> list[dict[str, Any]]:
    """These versions, newest first and one after the other, each compared with the one before it."""
    if not ids:
        return []
    columns = {name: Goal._meta.get_field(name).attname for name in FIELDS}
    newest = goal.history.get(history_id=ids[0])
    versions = goal.history.filter(history_date__lte=newest.history_date).order_by("-history_date", "-history_id")
    rows = list(versions.exclude(history_date=newest.history_date, history_id__gt=ids[0])[: len(ids) + 1].values())
    seen = reading.parents_seen(person, [row["parent_id"] for row in rows])
    for row in rows:
        row["parent_id"] = row["parent_id"] if row["parent_id"] in seen else None
    earlier = [*rows[1:], None] if len(rows) == len(ids) else rows[1:]
    helped = history.contributors(goal, [row["version"] for row in rows])
    return [told_version(row, before, columns, helped) for row, before in zip(rows, earlier, strict=False)]


def told_version(
    row: dict[str, Any], before: dict[str, Any] | None, columns: dict[str, str], helped: history.Helped
) -> dict[str, Any]:
    changes = []
    if before is not None and row["history_type"] != "+":
        changes = [
            {"field": name, "from": written(before[column]), "to": written(row[column])}
            for name, column in columns.items()
            if before[column] != row[column]
        ]
    if row["version"] in helped and row["history_type"] != "+":
        was, became = helped[row["version"]]
        changes.append({"field": "contributors", "from": was, "to": became})
    return {
        "id": row["history_id"],
        "at": moment(row["history_date"]),
        "by": row["history_user_id"],
        "reason": row["history_change_reason"] or "",
        "kind": KINDS[row["history_type"]],
        "version": row["version"],
        "changes": changes,
    }
