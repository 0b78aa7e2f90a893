"""The first page of an empty Cascade: makes the organisation and its administrator, once."""

import zoneinfo

from django import forms
from django.contrib.auth import login, password_validation
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from goals import founding
from goals.models import Perspective
from people.models import Level, Organisation, Person, Role

ZONES = ["UTC", *sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))]


class WelcomeForm(forms.Form):
    organisation = forms.CharField(label=_("Its name"), max_length=200)
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Decides when a day ends."),
        choices=[(zone, zone.replace("_", " ")) for zone in ZONES],
        widget=forms.Select(attrs={"data-own-timezone": ""}),
    )
    fiscal_start_month = forms.TypedChoiceField(label=_("Fiscal year begins in"), choices=MONTHS.items(), coerce=int)
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 8 characters, not one that everybody uses."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self):
        values = super().clean()
        password, again = values.get("password"), values.get("again")
        if password and again and password != again:
            self.add_error("again", _("The two passwords differ."))
        if password:
            person = Person(name=values.get("name", ""), email=values.get("email", ""))
            try:
                password_validation.validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return values


@login_not_required
@sensitive_post_parameters("password", "again")
def welcome(request):
    if Person.objects.exists():
        raise Http404
    initial = {"timezone": "UTC", "fiscal_start_month": 1}
    form = WelcomeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if administrator := begin(form.cleaned_data):
            login(request, administrator)
        return redirect("/")
    levels = [Level(name=name, rank=rank) for rank, name in enumerate(Level.DEFAULTS)]
    context = {"form": form, "levels": levels, "perspectives": Perspective.DEFAULTS}
    return render(request, "welcome.html", context, status=422 if form.errors else 200)


def begin(values: dict) -> Person | None:
    """The administrator of a new organisation; None when somebody was quicker."""
    with transaction.atomic():
        one_at_a_time()
        if Person.objects.exists():
            return None
        organisation = founding.found(
            values["organisation"],
            timezone=values["timezone"],
            fiscal_start_month=values["fiscal_start_month"],
        )
        founding.open_year(organisation, organisation.today())
        return Person.objects.create_user(
            values["email"],
            values["password"],
            organisation=organisation,
            name=values["name"],
            role=Role.ADMIN,
            timezone=values["timezone"],
        )


def one_at_a_time() -> None:
    """Waits for another first page in the making. On SQLite the transaction (IMMEDIATE) is that lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Organisation._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
