"""Finding goals, KPIs, people and pages by what a person types: as written first, then as it may have been meant."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rapidfuzz import fuzz, process, utils

from cascade.templatetags.shell import PLACES
from cascade.templatetags.ui import WORDS
from goals.filters import spellings
from goals.models import Goal
from kpis.models import Kpi
from people import access
from people.models import Person

MOST = 6  # of each kind
CANDIDATES = 200
ENOUGH = 3  # fewer as written: look for misspelt ones too
MISSPELT_FROM = 4  # letters; shorter words resemble everything
LIKE = 78  # of 100: about one wrong letter in five

MORE_PAGES = (
    ("insights:overview", gettext_lazy("Insights"), "lightbulb"),
    ("inbox", gettext_lazy("Notifications"), "bell"),
    ("inbox_muting", gettext_lazy("Which notifications call me"), "settings"),
    ("account_change_password", gettext_lazy("Change password"), "lock"),
    ("api-docs", gettext_lazy("REST API documentation"), "data"),
)


@dataclass(frozen=True)
class Found:
    text: str
    detail: str
    url: str
    icon: str


@dataclass(frozen=True)
class Group:
    title: str
    found: list[Found]


def search(person: Person, typed: str) -> list[Group]:
    """At most MOST of each kind that the person may see, best first; without text the person's own goals and every
    page. A fixed number of queries."""
    text = typed.strip()[:200]
    groups = [
        Group(_("Goals"), goals(person, text)),
        Group(_("KPIs"), kpis(person, text) if text else []),
        Group(_("People"), people(person, text) if text else []),
        Group(_("Pages"), pages(text)),
    ]
    return [group for group in groups if group.found]


def goals(person: Person, text: str) -> list[Found]:
    visible = Goal.objects.visible_to(person)
    if not text:
        mine = visible.open().filter(owner_id=person.pk)
        ids = list(mine.order_by("due", "pk").values_list("pk", flat=True)[:MOST])
    else:
        ids = best(visible.order_by("depth"), "title", text)
    rows = visible.filter(pk__in=ids).values(
        "pk", "title", "level__name", "unit__name", "owner__name", "state", "figures__status"
    )
    found = {
        row["pk"]: Found(
            row["title"],
            joined(
                row["level__name"],
                row["unit__name"],
                row["owner__name"],
                str(WORDS.get(row["figures__status"] or row["state"], "")),
            ),
            reverse("goals:detail", args=[row["pk"]]),
            "target",
        )
        for row in rows
    }
    return [found[pk] for pk in ids if pk in found]


def kpis(person: Person, text: str) -> list[Found]:
    visible = Kpi.objects.visible_to(person).exclude(state=Kpi.State.ARCHIVED)
    ids = best(visible.order_by("pk"), "name", text)
    rows = {row["pk"]: row for row in visible.filter(pk__in=ids).values("pk", "name", "goal__title")}
    return [
        Found(rows[pk]["name"], rows[pk]["goal__title"], reverse("kpis:detail", args=[pk]), "data")
        for pk in ids
        if pk in rows
    ]


def people(person: Person, text: str) -> list[Found]:
    visible = Person.objects.visible_to(person).active()
    ids = best(visible.order_by("name", "pk"), "name", text)
    rows = visible.select_related("unit").in_bulk(ids)
    return [
        Found(one.name, joined(one.title, one.unit.name if one.unit else ""), address_of(person, one), "users")
        for one in (rows[pk] for pk in ids if pk in rows)
    ]


def address_of(reader: Person, person: Person) -> str:
    """Somebody's line of sight, or their goals where the reader may not follow them."""
    if access.can_follow(reader, person):
        return reverse("kpis:line_of_sight", args=[person.pk])
    return f"{reverse('goals:tree')}?{urlencode({'q': person.name})}"


def pages(text: str) -> list[Found]:
    known = [(place.name, place.words, place.icon) for place in PLACES] + list(MORE_PAGES)
    found = []
    for name, words, icon in known:
        if not text or written(text, str(words)) or alike(text, str(words)):
            try:
                found.append(Found(str(words), "", reverse(name), icon))
            except NoReverseMatch:
                continue  # a place to come
    return found[: None if not text else MOST]


def best(rows: QuerySet, field: str, text: str) -> list[int]:
    """The ids of the rows whose field says the text, each word of it, those that begin with it first; where there are
    few, also of those that say something much like it."""
    wanted = Q()
    for word in text.split():
        said = Q()
        for form in spellings(word):
            said |= Q(**{f"{field}__icontains": form})
        wanted &= said
    found = list(rows.filter(wanted).values_list("pk", field)[:CANDIDATES])
    found.sort(key=lambda row: place(text, row[1]))
    ids = [pk for pk, _text in found[:MOST]]
    if len(ids) < ENOUGH and len(text) >= MISSPELT_FROM:
        every = dict(rows.exclude(pk__in=ids).values_list("pk", field))
        alike = process.extract(
            text, every, scorer=fuzz.partial_ratio, processor=utils.default_process, score_cutoff=LIKE, limit=MOST
        )
        ids += [pk for _text, _score, pk in alike]
    return ids[:MOST]


def place(text: str, said: str) -> int:
    """How near the front: the whole begins with it, a word begins with it, it stands somewhere."""
    text, said = text.casefold(), said.casefold()
    return 0 if said.startswith(text) else 1 if f" {text}" in said else 2


def written(text: str, said: str) -> bool:
    return all(word in said.casefold() for word in text.casefold().split())


def alike(text: str, said: str) -> bool:
    score = fuzz.partial_ratio(text, said, processor=utils.default_process, score_cutoff=LIKE)
    return len(text) >= MISSPELT_FROM and score > 0


def joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
