"""A KPI's forecast over the API."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade.resource import operation
from cascade.wire import Figure
from kpis.forecast.reading import Shown, forecast_of
from kpis.models import KpiForecast

EXAMPLE = OpenApiExample(
    "A trend over seven months",
    response_only=True,
    value={
        "kpi": 12,
        "state": "ok",
        "method": "theil_sen",
        "points": 7,
        "needed": 6,
        "slope": "2.200000",
        "intercept": "9.800000",
        "forecast": "34.000000",
        "progress": "0.850000",
        "deviation": "2.306000",
        "low": "30.596600",
        "high": "37.403400",
        "probability": "0.024100",
        "due": "2026-12-31",
        "on": "2026-08-12",
        "made_at": "2026-08-12T06:00:04Z",
        "up_to_date": True,
        "path": [{"until": "2026-12-31", "value": "34.000000", "low": "30.596600", "high": "37.403400"}],
    },
)


class AheadRow(serializers.Serializer):
    until = serializers.DateField(help_text="The last day of the period.")
    value = Figure(help_text="What the line says for it, or what all periods up to it come to.")
    low = Figure(help_text="8 in 10 courses lie between `low` and `high`.")
    high = Figure()


class ForecastRow(serializers.Serializer):
    kpi = serializers.IntegerField(source="kpi_id")
    state = serializers.ChoiceField(choices=KpiForecast.State.choices, help_text="`ok`, or why there is none.")
    method = serializers.ChoiceField(
        choices=["theil_sen", "theil_sen_drawn"],
        help_text="A Theil-Sen line; its spread by formula, or from 5,000 random draws.",
    )
    points = serializers.IntegerField(source="n", help_text="Values that make the line.")
    needed = serializers.IntegerField(help_text="The least that it takes.")
    slope = Figure(allow_null=True, help_text="Of the line, per period.")
    intercept = Figure(allow_null=True, help_text="Of the line, in the KPI's first period.")
    forecast = Figure(source="point", allow_null=True, help_text="Where it ends up if its trend goes on, in its unit.")
    progress = Figure(allow_null=True, help_text="The progress that this would be, 0 to 1.")
    deviation = Figure(source="sd", allow_null=True, help_text="Standard deviation of the forecast.")
    low = Figure(allow_null=True, help_text="8 in 10 courses end between `low` and `high`.")
    high = Figure(allow_null=True)
    probability = Figure(allow_null=True, help_text="That the target is met then, 0 to 1, if the trend goes on.")
    due = serializers.DateField(allow_null=True, help_text="The day that it is a forecast of.")
    on = serializers.DateField(allow_null=True, help_text="The day on which it was made.")
    made_at = serializers.DateTimeField(allow_null=True)
    up_to_date = serializers.BooleanField(help_text="It takes in everything that was rolled up.")
    path = AheadRow(many=True, help_text="The periods to come, the last one always among them.")

    @classmethod
    def told(cls, shown: Shown) -> dict:
        names = [name for name in vars(shown.row) if not name.startswith("_")]
        told = {name: getattr(shown.row, name) for name in names}
        told |= {"method": shown.method, "up_to_date": not shown.is_outdated, "path": shown.ahead}
        return cls().to_representation(told)


class ForecastOfKpi:
    @action(detail=True)
    @operation(answer=ForecastRow, examples=[EXAMPLE])
    def forecast(self, request, pk):
        """Where a KPI ends up if its trend goes on: a line through its values, and how far they lie from it.

        Made by the worker after a roll-up and each night; a KPI that it has not come to yet has `state`
        `too_few_points` with 0 points. It is a forecast from today: of an earlier day none is kept.
        """
        return Response(ForecastRow.told(forecast_of(self.found(pk))))
