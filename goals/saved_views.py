"""Views of the goal tree under a name: filters, columns and order, of one's own or shared with everybody."""

from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from goals.access import Rights
from goals.filters import GoalFilter
from goals.models import SavedView
from people.models import Person


def default_of(person: Person) -> SavedView | None:
    """What this person's goals open with."""
    return person.saved_views.filter(is_default=True).first()


def address(view: SavedView) -> str:
    return "&".join(filter(None, [view.query, urlencode({"view": view.pk})]))


def checked(query: str, person: Person) -> str:
    """A query as far as the filters understand it."""
    return GoalFilter(QueryDict(query), person=person).query


class Menu:
    """The views a person may choose among, with the one that an address names."""

    def __init__(self, person: Person, asked: QueryDict, rights: Rights) -> None:
        views = list(SavedView.objects.visible_to(person).select_related("person"))
        self.mine = [(view, address(view)) for view in views if view.person_id == person.pk]
        self.shared = [(view, address(view)) for view in views if view.person_id != person.pk]
        self.current = next((view for view in views if str(view.pk) == asked.get("view")), None)
        self.query = GoalFilter(asked, person=person).query
        self.may_share = rights.can_share_views()
        self.is_mine = self.current is not None and self.current.person_id == person.pk
        self.may_change = self.current is not None and rights.can_change_view(self.current)

    @property
    def differs(self) -> bool:
        return self.current is not None and self.current.query != self.query


class ViewForm(forms.Form):
    """A name for what the tree shows; the same name again replaces one's own view."""

    name = forms.CharField(max_length=100, label=_("Name"))
    query = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    shared = forms.BooleanField(required=False, label=_("Everybody may use it"))
    is_default = forms.BooleanField(required=False, label=_("Show this first when I open goals"))

    def save(self, person: Person) -> SavedView:
        told = self.cleaned_data
        if told["is_default"]:
            person.saved_views.update(is_default=False)
        view, _created = SavedView.objects.update_or_create(
            person=person,
            name=told["name"],
            defaults={
                "organisation_id": person.organisation_id,
                "query": checked(told["query"], person),
                "shared": told["shared"],
                "is_default": told["is_default"],
            },
        )
        return view
