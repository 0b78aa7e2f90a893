"""What the API takes and answers about the organisation, its people, levels, units and tokens."""

from rest_framework import serializers

from cascade.paging import PageQuery
from cascade.wire import (
    Choice,
    Exact,
    Flag,
    Moment,
    QueryFlag,
    QueryReference,
    Reference,
    Row,
    Text,
    Whole,
)
from people.models import Organisation, Person, Role, Scope, Unit, check_timezone

EXTERNAL_ID = "The id another system knows it by; unique in the organisation among its kind."


def ordering(*names: str) -> Choice:
    return Choice(choices=names, default=names[0], help_text=f"How to sort; `{names[0]}` when not given.")


def external_id() -> Text:
    return Text(required=False, allow_blank=True, max_length=200, help_text=EXTERNAL_ID)


def units(person):
    return Unit.objects.visible_to(person)


def people(person):
    return Person.objects.visible_to(person)


class OrganisationRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    timezone = serializers.CharField(help_text="Decides when a day ends, such as Europe/Oslo.")
    fiscal_start_month = serializers.IntegerField(help_text="1 to 12.")
    fiscal_year_named_by = serializers.ChoiceField(choices=Organisation.NamedBy.choices)
    on_track = serializers.CharField(help_text="A gap from here up is on track; a decimal from -1 to 0.")
    at_risk = serializers.CharField(help_text="A gap from here up to `on_track` is at risk; below it is off track.")
    min_coverage = serializers.CharField(help_text="Below this coverage a goal's status is `insufficient`.")
    grace_daily = serializers.IntegerField(help_text="Days after a period's end before a missing value is overdue.")
    grace_weekly = serializers.IntegerField()
    grace_monthly = serializers.IntegerField()
    grace_quarterly = serializers.IntegerField()
    grace_yearly = serializers.IntegerField()
    grace_once = serializers.IntegerField()
    smart_minimum = serializers.IntegerField(help_text="A goal starts with at least this S.M.A.R.T. score; 0: any.")
    vague_words = serializers.CharField(
        help_text="First words of a title that need a number beside them; empty: the usual ones."
    )
    forecast_from = serializers.IntegerField(help_text="A KPI is forecast from so many judged values on, 4 to 24.")
    attribution = serializers.CharField(help_text="Where imported data comes from and under which licence.")
    today = serializers.DateField(help_text="The date it is now in the organisation's time zone.")
    created_at = serializers.DateTimeField()


def threshold(**options) -> Exact:
    return Exact(max_digits=8, decimal_places=6, **options)


def days() -> Whole:
    return Whole(min_value=0, max_value=366)


class OrganisationChange(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=200)
    timezone = Text(max_length=64, validators=[check_timezone])
    fiscal_start_month = Whole(min_value=1, max_value=12)
    fiscal_year_named_by = Choice(choices=Organisation.NamedBy.choices)
    on_track = threshold()
    at_risk = threshold()
    min_coverage = threshold()
    grace_daily = days()
    grace_weekly = days()
    grace_monthly = days()
    grace_quarterly = days()
    grace_yearly = days()
    grace_once = days()
    smart_minimum = Whole(min_value=0, max_value=100)
    vague_words = Text(allow_blank=True, max_length=10_000)
    forecast_from = Whole(min_value=4, max_value=24)
    attribution = Text(allow_blank=True, max_length=10_000)


class MayDo(serializers.Serializer):
    """What the person may do in the organisation; a goal's own answers say nothing about this."""

    administer = serializers.BooleanField(help_text="Settings, levels, units, people, cycles, perspectives.")
    run_cycle = serializers.BooleanField(help_text="Create strategic goals and edit every goal.")
    see_everything = serializers.BooleanField(help_text="Read private goals too.")


class TokenNow(serializers.Serializer):
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    expires_at = serializers.DateTimeField(allow_null=True)


class Me(serializers.Serializer):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    unit = serializers.IntegerField(allow_null=True)
    manager = serializers.IntegerField(allow_null=True)
    timezone = serializers.CharField()
    organisation = serializers.IntegerField()
    owns = serializers.IntegerField(help_text="Goals the person owns.")
    may = MayDo()
    token = TokenNow(allow_null=True, help_text="The token this was asked with; null in a browser session.")


class LevelRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    rank = serializers.IntegerField(help_text="0 is the strategy.")


class LevelNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=100)
    rank = Whole(required=False, min_value=0, max_value=999, help_text="Levels from here on step down; else the last.")


class LevelChange(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=100)
    rank = Whole(min_value=0, max_value=999, help_text="Where it goes among the others.")


class LevelQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    ordering = ordering("rank", "-rank", "name", "-name")


class UnitRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="Department, team or what the organisation calls it.")
    parent = serializers.IntegerField(source="parent_id", allow_null=True)
    head = serializers.IntegerField(source="head_id", allow_null=True, help_text="The person who heads it.")
    path = serializers.CharField(help_text="Ids from the top down: /1/4/.")


class UnitNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=200)
    kind = Text(required=False, allow_blank=True, max_length=50)
    parent = Reference(units, required=False, allow_null=True)
    head = Reference(people, required=False, allow_null=True)


class UnitQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    parent = QueryReference(units, none=True, help_text="Units directly below this one; `none`: those at the top.")
    kind = Text(required=False, max_length=50)
    ordering = ordering("path", "name", "-name")


class PersonRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.IntegerField(source="unit_id", allow_null=True)
    manager = serializers.IntegerField(source="manager_id", allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices)
    timezone = serializers.CharField()
    active = serializers.BooleanField(source="is_active")
    joined_at = serializers.DateTimeField()


class PersonEmail(serializers.EmailField):
    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data).lower()


class PersonNew(serializers.Serializer):
    external_id = external_id()
    email = PersonEmail(max_length=254)
    name = Text(max_length=200)
    title = Text(required=False, allow_blank=True, max_length=200)
    unit = Reference(units, required=False, allow_null=True)
    manager = Reference(people, required=False, allow_null=True)
    role = Choice(choices=Role.choices, required=False)
    timezone = Text(required=False, max_length=64, validators=[check_timezone])
    active = Flag(source="is_active", required=False, help_text="`false` ends sign-in and tokens at once.")


class PersonQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    unit = QueryReference(units, none=True)
    manager = QueryReference(people, none=True)
    role = Choice(choices=Role.choices, required=False)
    active = QueryFlag(required=False)
    email = Text(required=False, max_length=254)
    ordering = ordering("name", "-name", "joined_at", "-joined_at")


class TokenRow(Row):
    prefix = serializers.CharField(source="token_key", help_text="The token's first characters; its name in addresses.")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    kpis = serializers.ListField(source="kpi_ids", child=serializers.IntegerField())
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class TokenMade(TokenRow):
    token = serializers.CharField(allow_null=True, help_text="Shown this once; null in a repeated answer.")


class TokenNew(serializers.Serializer):
    name = Text(max_length=100)
    scopes = serializers.ListField(child=Choice(choices=Scope.choices), min_length=1, max_length=len(Scope.choices))
    kpis = serializers.ListField(
        child=Whole(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=500,
        help_text="Narrows `measurements:write` to these KPIs.",
    )
    days = Whole(required=False, default=365, min_value=1, max_value=1825, help_text="Days until it expires.")


class NotificationQuery(PageQuery):
    state = Choice(required=False, choices=("waiting", "snoozed", "read"), help_text="All of them when not given.")
    kind = Text(required=False, max_length=40, help_text="What happened, such as `mention`.")


class NotificationRow(Row):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    kind = serializers.CharField(help_text="What happened, such as `mention`.")
    text = serializers.CharField(help_text="The sentence, in English.")
    facts = serializers.DictField(help_text="The names and numbers of the sentence.")
    url = serializers.CharField(help_text="The page that shows it, as a path; may be empty.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True, help_text="Put off until then.")
    snooze_reason = serializers.CharField()


class NotificationChange(serializers.Serializer):
    read = Flag(required=False, help_text="`true` marks it read, `false` new again.")
    snoozed_until = Moment(required=False, help_text="Put off until this moment, within a year.")
    snooze_reason = Text(required=False, allow_blank=True, max_length=500)

    def validate(self, fields):
        if "read" in fields and "snoozed_until" in fields:
            message = "Mark it read or put it off, not both."
            raise serializers.ValidationError({"snoozed_until": [serializers.ErrorDetail(message, "read_and_snoozed")]})
        return fields
