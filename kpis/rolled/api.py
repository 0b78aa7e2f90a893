"""The REST API of where a KPI's values come from: `kpis/{id}/sources/`."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.fields import plain
from cascade.resource import operation, refuse
from cascade.wire import Choice, Day, Exact, Reference, Text
from kpis import access, definitions
from kpis.models import Kpi
from kpis.rolled import reading, rules, words
from people.models import Person


def kpis(person: Person):
    return Kpi.objects.visible_to(person)


class SourceLinkRow(serializers.Serializer):
    kpi = serializers.IntegerField()
    key = serializers.CharField()
    denominator = serializers.IntegerField(allow_null=True, help_text="Of a ratio: the KPI it is divided by.")
    denominator_key = serializers.CharField(allow_null=True)
    weight = serializers.CharField(help_text="A decimal; used by weighted_mean alone.")
    since = serializers.DateField(allow_null=True, help_text="Periods that end on this day or later count.")
    until = serializers.DateField(allow_null=True, help_text="Periods that end on this day or earlier count.")
    ended_on = serializers.DateField(allow_null=True, help_text="Set when the goal of one of the KPIs was cancelled.")


class SourcesRow(serializers.Serializer):
    """Where the values come from. `links` are what a rolled-up KPI is taken from, or what its formula names."""

    version = serializers.IntegerField(help_text="Of the KPI.")
    source = serializers.ChoiceField(choices=Kpi.Source.choices)
    formula = serializers.CharField(allow_null=True, help_text="With … for what the caller may not see.")
    method = serializers.ChoiceField(choices=Kpi.Method.choices, allow_null=True)
    missing = serializers.ChoiceField(
        choices=[choice for choice in Kpi.Missing.choices if choice[0]],
        allow_null=True,
        help_text="Null: as usual, require_all for sum and ratio, skip for the others.",
    )
    scale = serializers.CharField(allow_null=True, help_text="A decimal: a ratio times this, such as 100 for %.")
    links = SourceLinkRow(many=True)
    hidden = serializers.IntegerField(help_text="Links to KPIs that the caller may not see.")
    used_by = serializers.ListField(
        child=serializers.IntegerField(), help_text="KPIs that are calculated from this one, as far as the caller sees."
    )


class SourceLinkNew(serializers.Serializer):
    kpi = Reference(kpis)
    denominator = Reference(kpis, required=False, allow_null=True)
    weight = Exact(required=False, max_digits=18, decimal_places=6)
    since = Day(required=False, allow_null=True)
    until = Day(required=False, allow_null=True)


class SourcesChange(serializers.Serializer):
    """Codes: those of docs/domain.md section 7, at `links`: required, too_many, denominator_missing,
    denominator_not_used, weight_negative, weight_missing, dates_order, given_twice, coarser_cadence, other_unit; 409
    kpi_cycle."""

    method = Choice(choices=Kpi.Method.choices)
    missing = Choice(required=False, allow_null=True, choices=[choice for choice in Kpi.Missing.choices if choice[0]])
    scale = Exact(required=False)
    links = SourceLinkNew(many=True, max_length=rules.MOST_LINKS)
    reason = Text(required=False, allow_blank=True, max_length=10_000, help_text="Why; kept in the history.")


RATIO = {
    "method": "ratio",
    "scale": "100",
    "links": [{"kpi": 31, "denominator": 32}, {"kpi": 41, "denominator": 42, "since": "2026-04-01"}],
    "reason": "The second shop opened",
}
TOLD = {
    "version": 3,
    "source": "rollup",
    "formula": None,
    "method": "ratio",
    "missing": None,
    "scale": "100",
    "links": [
        {
            "kpi": 31,
            "key": "orders_north",
            "denominator": 32,
            "denominator_key": "visits_north",
            "weight": "1",
            "since": None,
            "until": None,
            "ended_on": None,
        }
    ],
    "hidden": 1,
    "used_by": [7],
}
EXAMPLES = (
    OpenApiExample("A conversion rate of two shops", RATIO, request_only=True),
    OpenApiExample("A conversion rate, half of it hidden", TOLD, response_only=True),
)


def told(kpi: Kpi, person: Person) -> dict:
    origin, rolled = reading.origin_of(kpi, person), kpi.source == Kpi.Source.ROLLUP
    return {
        "version": kpi.version,
        "source": kpi.source,
        "formula": origin.formula or None,
        "method": kpi.method or None,
        "missing": kpi.missing or None,
        "scale": plain(kpi.scale) if rolled else None,
        "links": [link_row(link) for link in origin.links],
        "hidden": origin.hidden,
        "used_by": [each.pk for each in origin.used_by],
    }


def link_row(link: reading.LinkSeen) -> dict:
    return {
        "kpi": link.kpi.pk,
        "key": link.kpi.key,
        "denominator": link.denominator and link.denominator.pk,
        "denominator_key": link.denominator and link.denominator.key,
        "weight": plain(link.weight),
        "since": link.since,
        "until": link.until,
        "ended_on": link.ended_on,
    }


class SourcesOfKpi:
    """The operations below `kpis/{id}/sources/`, for the resource of KPIs."""

    @action(detail=True)
    @operation(answer=SourcesRow, examples=EXAMPLES[1:])
    def sources(self, request, pk):
        """Where the values of a KPI come from, and what comes from it."""
        return Response(told(self.found(pk), self.person))

    @sources.mapping.put
    @operation(body=SourcesChange, answer=SourcesRow, versioned=True, refuses=(409,), examples=EXAMPLES)
    def set_sources(self, request, pk):
        """Take the values from other KPIs, by these links in place of what was.

        Links to KPIs that the caller may not see stay. Values that were entered before are kept and count again when
        the KPI is entered by hand again.
        """
        kpi = self.found(pk)
        self.may(access.can_edit(self.person, kpi))
        version = versions.expected(request, kpi.version)
        body = sources_in(request.data, self.context)
        kpi = definitions.revise(
            kpi,
            by=self.person,
            version=version,
            reason=body.get("reason", ""),
            source=Kpi.Source.ROLLUP,
            method=body["method"],
            missing=body.get("missing") or "",
            scale=body.get("scale", Decimal(1)),
            links=[*map(link_given, body["links"]), *reading.hidden_rows(kpi, self.person)],
        )
        return Response(told(kpi, self.person))

    @sources.mapping.delete
    @operation(status=204, versioned=True)
    def unset_sources(self, request, pk):
        """Enter the values by hand from now on; those entered before count again."""
        kpi = self.found(pk)
        self.may(access.can_edit(self.person, kpi))
        version = versions.expected(request, kpi.version)
        if kpi.is_derived:
            definitions.revise(kpi, by=self.person, version=version, source=Kpi.Source.MANUAL)
        return Response(status=204)


def sources_in(data: Any, context: dict) -> dict:
    """The body, checked; all KPIs that it names are fetched at once."""
    rows = data.get("links") if isinstance(data, dict) else None
    named = [row.get(name) for row in rows or () if isinstance(row, dict) for name in ("kpi", "denominator")]
    wanted = {name for name in named if isinstance(name, int | str) and not isinstance(name, bool)}
    fetched = Reference(kpis).fetch(context["person"], wanted)
    shape = SourcesChange(data=data, context={**context, "fetched": {"kpi": fetched, "denominator": fetched}})
    shape.is_valid(raise_exception=True)
    return shape.validated_data


def link_given(link: dict) -> dict:
    below = link.get("denominator")
    return {**link, "source": link["kpi"].pk, "denominator": None if below is None else below.pk}


def with_source(fields: dict, person: Person, kpi: Kpi | None = None) -> dict:
    """A formula says where the values come from; where something else is said, it has no place. What was read may be
    sent back."""
    formula, source = fields.pop("formula", None), fields.get("source")
    told = words.formula_shown(kpi.formula, words.visible_keys([kpi.formula], person)) if kpi else ""
    if formula is not None and (formula != told or source == Kpi.Source.FORMULA != (kpi and kpi.source)):
        fields["formula"] = formula
    if formula and fields.setdefault("source", Kpi.Source.FORMULA) != Kpi.Source.FORMULA:
        refuse("formula", "not_used", "Only with the source formula.")
    if source == Kpi.Source.ROLLUP and (kpi is None or kpi.source != source):
        refuse("source", "needs_links", "Say from which KPIs at kpis/{id}/sources/.")
    return fields
