"""What an organisation asks of goals before they start, and which words it calls vague."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import VersionMismatch
from goals import organisations
from goals.smart import VAGUE
from goals.views import fetching
from goals.views.editing import read_or_write
from people import access


class SmartSettings(forms.Form):
    smart_minimum = forms.IntegerField(
        label=gettext_lazy("Least score before a goal starts"),
        help_text=gettext_lazy("0 to 100. 0: every goal may start. Who starts one below it says why."),
        min_value=0,
        max_value=100,
    )
    vague_words = forms.CharField(
        label=gettext_lazy("Vague words"),
        help_text=gettext_lazy(
            "A title that begins with one of them needs a number beside it. Empty: the usual words."
        ),
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


@read_or_write
def settings(request: HttpRequest) -> HttpResponse:
    if not access.can_administer(request.user):
        raise PermissionDenied
    organisation = request.user.organisation
    told = {name: getattr(organisation, name) for name in SmartSettings.base_fields}
    form = SmartSettings(fetching.sent(request), initial=told)
    if form.is_valid():
        try:
            organisations.revise(request.user, form.cleaned_data.pop("version"), **form.cleaned_data)
        except VersionMismatch:
            form.add_error(None, ValidationError(_("Somebody else changed the settings just now. Open them again.")))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("goals:smart_settings")
    context = {"form": form, "usual": ", ".join(VAGUE)}
    return render(request, "goals/smart_settings.html", context, status=422 if form.errors else 200)
