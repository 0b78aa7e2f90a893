"""Which reviews a person looks for, as it stands in the address of the calendar."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from goals.models import Goal
from people.models import Level, Person, Unit
from reviews import access
from reviews.models import CheckIn, Review

VIEWS = ("list", "year")
MONTHS = 3  # of the list
MOST = 200  # reviews on one page


class ReviewFilter(forms.Form):
    """What cannot be read is not looked for. Of `state` the empty choice is every review that takes place."""

    class State:
        OWED, OVERDUE, SIGNED, CANCELLED = "owed", "overdue", "signed", "cancelled"

    unit = forms.ModelChoiceField(Unit.objects.none(), required=False, label=_("Unit"), empty_label=_("All"))
    level = forms.ModelChoiceField(Level.objects.none(), required=False, label=_("Level"), empty_label=_("All"))
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            ("", _("All that take place")),
            (State.OWED, _("Owed")),
            (State.OVERDUE, _("Overdue")),
            (State.SIGNED, _("Signed off")),
            (State.CANCELLED, _("Called off")),
        ],
    )
    goal = forms.ModelChoiceField(Goal.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, data, *, person: Person):
        super().__init__(data, auto_id="find-%s")
        self.person, self.today = person, person.organisation.today()
        self.fields["level"].queryset = Level.objects.filter(organisation_id=person.organisation_id)
        self.fields["unit"].queryset = Unit.objects.visible_to(person)
        self.fields["goal"].queryset = Goal.objects.visible_to(person)
        self.is_valid()

    @property
    def view(self) -> str:
        return self.data.get("view") if self.data.get("view") in VIEWS else VIEWS[0]

    @cached_property
    def whose(self) -> str:
        """As asked; else one's own, where there are any."""
        if self.data.get("whose") in ("mine", "all"):
            return self.data["whose"]
        has_own = Review.objects.filter(mine(self.person), organisation_id=self.person.organisation_id).exists()
        return "mine" if has_own else "all"

    @property
    def is_on(self) -> bool:
        return any(self.cleaned_data.values())

    @property
    def is_whole(self) -> bool:
        """Shows what there is whatever the month: all of a goal, or all that is overdue."""
        return bool(self.cleaned_data.get("goal")) or self.cleaned_data.get("state") == self.State.OVERDUE

    @property
    def choosing(self) -> list:
        return [self[name] for name in ("unit", "level", "state")]

    @property
    def first(self) -> dt.date:
        return month_of(self.data.get("from", ""), self.today)

    def query(self, **changes: str) -> str:
        """The address of the same with something changed; an empty value leaves it out."""
        said = {"view": self.view, "whose": self.whose, "from": self.data.get("from", "")}
        said |= {name: self[name].value() for name, value in self.cleaned_data.items() if value}
        return "?" + urlencode({name: value for name, value in (said | changes).items() if value})

    def reviews(self) -> QuerySet:
        """Those that the person may see and looks for, whatever their day."""
        rows, wanted = Review.objects.visible_to(self.person), self.cleaned_data
        if goal := wanted.get("goal"):
            return rows.filter(goal=goal)
        if self.whose == "mine":
            rows = rows.filter(mine(self.person))
        if unit := wanted.get("unit"):
            of_owner = Q(goal__unit=None, goal__owner__unit__path__startswith=unit.path)
            rows = rows.filter(Q(goal__unit__path__startswith=unit.path) | of_owner)
        if level := wanted.get("level"):
            rows = rows.filter(goal__level=level)
        return self.in_state(rows, wanted.get("state", ""))

    def in_state(self, rows: QuerySet, state: str) -> QuerySet:
        if state == self.State.OVERDUE:
            return overdue(rows, self.today)
        if state == self.State.OWED:
            return rows.owed()
        if state:
            return rows.filter(state=state)
        return rows.exclude(state=Review.State.CANCELLED)


@dataclass(frozen=True)
class Month:
    """`count` of all there are; `reviews` are those that fit on the page."""

    first: dt.date
    count: int
    reviews: list[Review]


def for_lines(rows: QuerySet, person: Person) -> QuerySet:
    """In the order of their days, each with `checked_in`: its owner has handed in, and `may_hold`: the person may."""
    handed_in = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=OuterRef("owner"))
    may = Case(When(access.holdable(person), then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = rows.select_related("goal__level", "goal__figures", "goal__owner", "owner")
    return rows.annotate(checked_in=Exists(handed_in), may_hold=may).order_by("day", "pk")


def by_month(rows: QuerySet, person: Person) -> list[Month]:
    """In two queries: how many each month has, and the first MOST of them all."""
    counted = rows.order_by().annotate(month=TruncMonth("day")).values("month").annotate(n=Count("pk"))
    counts = {each["month"]: each["n"] for each in counted.order_by("month")}
    shown = grouped(for_lines(rows, person)[:MOST])
    return [Month(first, count, shown.get(first, [])) for first, count in counts.items()]


def grouped(reviews: Iterable[Review]) -> dict[dt.date, list[Review]]:
    months: dict[dt.date, list[Review]] = {}
    for review in reviews:
        months.setdefault(review.day.replace(day=1), []).append(review)
    return months


def overdue(rows: QuerySet, today: dt.date) -> QuerySet:
    return rows.owed().filter(day__lt=today)


def mine(person: Person) -> Q:
    """Owed by the person, or of a goal that is the person's now."""
    return Q(owner_id=person.pk) | Q(goal__owner_id=person.pk)


def month_of(text: str, today: dt.date) -> dt.date:
    """The first day of the month that is meant, this month's when none is."""
    try:
        day = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        day = today
    return day.replace(day=1) if dt.MINYEAR + 2 < day.year < dt.MAXYEAR - 2 else today.replace(day=1)


def moved(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)
