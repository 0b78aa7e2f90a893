"""Choosing a person by typing: a name, an e-mail address, or both as the suggestions write them."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from people.models import Person

BOTH = re.compile(r".*<([^<>]+)>\s*", re.DOTALL)
SUGGESTED = 8


def called(text: str, people: QuerySet) -> QuerySet:
    """The people a text may mean, at most SUGGESTED, each with `namesake`: somebody else has the same name."""
    others = people.filter(name=OuterRef("name")).exclude(pk=OuterRef("pk"))
    found = people.filter(Q(name__icontains=text) | Q(email__icontains=text)) if text else people
    return found.select_related("unit").annotate(namesake=Exists(others)).order_by("name", "pk")[:SUGGESTED]


def written(person: Person, *, namesake: bool = False) -> str:
    return f"{person.name} <{person.email}>" if namesake else person.name


class PersonField(forms.CharField):
    """A person among `people`, or None. Refuses (nobody_called_so, several_called_so) what is not exactly one."""

    def __init__(self, *, people: QuerySet | None = None, **options) -> None:
        super().__init__(**{"max_length": 500, "required": False, **options})
        self.people = Person.objects.none() if people is None else people
        self.widget.attrs |= {"autocomplete": "off"}

    def to_python(self, value):
        text = super().to_python(value)
        if not text:
            return None
        both = BOTH.fullmatch(text)
        if both:
            found = list(self.people.filter(email__iexact=both.group(1).strip()))
        else:
            found = list(self.people.filter(Q(email__iexact=text) | Q(name=text))[:2])
            found = found or list(self.people.filter(name__iexact=text)[:2])
        if not found:
            raise ValidationError(_("Nobody here is called %(name)s."), "nobody_called_so", {"name": text})
        if len(found) > 1:
            raise ValidationError(
                _("Several people are called %(name)s: choose one from the list.") % {"name": text}, "several_called_so"
            )
        return found[0]

    def run_validators(self, value):
        """`to_python` has found the person; what is left is no text."""

    def prepare_value(self, value):
        if isinstance(value, Person):
            return written(value, namesake=self.people.filter(name=value.name).exclude(pk=value.pk).exists())
        return value


class PeopleField(forms.CharField):
    """Several people, one a line."""

    def __init__(self, *, people: QuerySet | None = None, **options) -> None:
        super().__init__(**{"max_length": 20000, "required": False, "widget": forms.Textarea({"rows": 3}), **options})
        self.one = PersonField(people=people)

    def to_python(self, value):
        lines = (super().to_python(value) or "").splitlines()
        found = [self.one.to_python(line.strip()) for line in lines]
        return list({person.pk: person for person in found if person}.values())

    def run_validators(self, value):
        """`to_python` has found the people; what is left is no text."""

    def prepare_value(self, value):
        if isinstance(value, list):
            return "\n".join(written(person, namesake=True) for person in value)
        return value
