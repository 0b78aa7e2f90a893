"""The REST API of the library: templates of KPIs by function, of goals by level. They belong to no organisation."""

from collections.abc import Sequence
from dataclasses import asdict

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from cascade.paging import PageQuery
from cascade.resource import Resource, operation
from cascade.wire import Choice, Text
from kpis import library
from kpis.library import LEVELS, GoalTemplate, KpiTemplate
from kpis.models import Kpi

FUNCTIONS = sorted({each.function for each in library.kpis_in("en")})
SEARCH = "Words that all occur; templates with all of them in the name come first."


class KpiTemplateRow(serializers.Serializer):
    """How something is usually measured, in the caller's language. Baseline, target and dates are yours to decide."""

    key = serializers.CharField()
    function = serializers.ChoiceField(choices=FUNCTIONS)
    function_name = serializers.CharField()
    name = serializers.CharField()
    definition = serializers.CharField(help_text="What is counted, and how.")
    unit = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kpi.Kind.choices)
    direction = serializers.ChoiceField(choices=Kpi.Direction.choices)
    cadence = serializers.ChoiceField(choices=Kpi.Cadence.choices)
    aggregation = serializers.ChoiceField(choices=Kpi.Aggregation.choices)
    target_mode = serializers.ChoiceField(choices=Kpi.TargetMode.choices)
    indicator = serializers.ChoiceField(choices=Kpi.Indicator.choices)
    formula_in_words = serializers.CharField(help_text="Where one is usual; else empty.")
    pitfalls = serializers.CharField(help_text="How the number misleads.")


class GoalTemplateRow(serializers.Serializer):
    """A goal as it is often set on a level, in the caller's language."""

    key = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS)
    title = serializers.CharField(help_text="A blank to fill in is written as ….")
    why = serializers.CharField()
    kpis = serializers.ListField(child=serializers.CharField(), help_text="Keys of KPI templates that fit.")
    factors = serializers.ListField(child=serializers.CharField(), help_text="What has to go well: success factors.")


class KpiTemplateQuery(PageQuery):
    function = Choice(required=False, choices=FUNCTIONS)
    search = Text(required=False, max_length=200, help_text=SEARCH)


class GoalTemplateQuery(PageQuery):
    level = Choice(required=False, choices=LEVELS)
    search = Text(required=False, max_length=200, help_text=SEARCH)


class Templates(Resource):
    lookup_field, lookup_value_regex = "key", "[a-z][a-z0-9_]{0,99}"

    def page(self, templates: Sequence[KpiTemplate] | Sequence[GoalTemplate]) -> Response:
        """A page of what is asked for; its cursor is the place in the whole library."""
        places = {each.key: place for place, each in enumerate(templates, 1)}
        wanted = [
            each
            for each in library.matching(templates, self.query.get("search", ""))
            if all(getattr(each, name) == self.query[name] for name in ("function", "level") if name in self.query)
        ]
        ids = [places[each.key] for each in wanted]
        return self.paged_computed(ids, lambda page: [asdict(templates[place - 1]) for place in page])

    def one(self, template: KpiTemplate | GoalTemplate | None) -> Response:
        if template is None:
            raise Http404
        return Response(asdict(template))


class KpiTemplates(Templates):
    @operation(query=KpiTemplateQuery, answer=KpiTemplateRow, page=True)
    def list(self, request):
        """Templates of KPIs, function by function."""
        return self.page(library.kpi_templates())

    @operation(answer=KpiTemplateRow)
    def retrieve(self, request, key):
        """One template of a KPI."""
        return self.one(library.kpi_template(key))


class GoalTemplates(Templates):
    @operation(query=GoalTemplateQuery, answer=GoalTemplateRow, page=True)
    def list(self, request):
        """Templates of goals, from the strategic level down."""
        return self.page(library.goal_templates())

    @operation(answer=GoalTemplateRow)
    def retrieve(self, request, key):
        """One template of a goal."""
        return self.one(library.goal_template(key))


routes = [("kpi-templates", KpiTemplates), ("goal-templates", GoalTemplates)]
