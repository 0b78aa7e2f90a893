"""All that the page of a draft shows one reader."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.functional import Promise

from goals import drafts
from goals.access import Rights
from goals.models import Draft
from kpis import draft_words
from kpis.draft_effects import Effect, applied_effects, effects_of, sentence
from kpis.draft_forms import Held, LineForm, form_of, held
from kpis.draft_lines import MESSAGES, ONLY_TRIED, Key, Shown, applicable, shown
from kpis.draft_words import Told
from kpis.supposing import Trial, trial
from people.models import Person


@dataclass(frozen=True)
class LineShown:
    """A line on the page; `form` where the reader may change it; `problems`: why it no longer fits, or cannot be."""

    place: int
    each: Shown
    form: LineForm | None = None
    problems: list[str | Promise] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "{}-{}".format(*self.each.key)

    @property
    def kind(self) -> str:
        return self.each.line["kind"]

    @property
    def id(self) -> int:
        return self.each.line["id"]

    @property
    def told(self) -> list[Told]:
        return draft_words.words(self.each)

    @property
    def parent(self) -> str:
        """Below which goal it would stand."""
        now = self.each.subject.now["parent"]
        return draft_words.place(self.each, self.each.line["set"].get("parent", now))


class DraftPage:
    """`typed`: the form of a line as it was sent, with what is wrong in it."""

    def __init__(self, draft: Draft, person: Person, typed: LineForm | None = None) -> None:
        self.draft, self.person, self.typed = draft, person, typed
        self.mine = draft.owner_id == person.pk
        self.editable = self.mine and draft.is_open

    @cached_property
    def trial(self) -> Trial:
        return trial(self.person.organisation, self.draft.changes)

    @cached_property
    def effects(self) -> list[Effect]:
        if self.draft.state == Draft.State.APPLIED:
            return applied_effects(self.person, self.draft)
        return effects_of(self.person, self.trial.found)

    @property
    def sentence(self) -> str:
        if not any(line["set"] for line in self.draft.changes):
            return ""
        return sentence(self.effects, done=self.draft.state == Draft.State.APPLIED)

    @cached_property
    def shown(self) -> list[Shown]:
        return shown(self.person, self.draft.changes)

    @cached_property
    def lines(self) -> list[LineShown]:
        values = held(self.shown) if self.editable else {}
        return [
            self.line_shown(place, each, values)
            for place, each in enumerate(self.shown, 1)
            if each.row is not None or self.mine
        ]

    def line(self, key: Key) -> LineShown:
        """One line by itself."""
        place, each = next((place, each) for place, each in enumerate(self.shown, 1) if each.key == key)
        return self.line_shown(place, each, {})

    def line_shown(self, place: int, each: Shown, values: Held) -> LineShown:
        form = self.form(each, values) if self.editable and each.row is not None else None
        return LineShown(place, each, form, list(self.problems(each)) if self.draft.is_open else [])

    def form(self, each: Shown, values: Held) -> LineForm:
        if self.typed is not None and drafts.key(self.typed.line) == each.key:
            return self.typed
        return form_of(each.line, each.row, values)

    def problems(self, each: Shown) -> Iterator[str]:
        if each.subject is None or each.ended:
            yield from (message for _name, _code, message in each.problems())
            return
        yield from (draft_words.clash(each, clash) for clash in each.clashes)
        if not each.clashes and each.key in self.trial.refused:
            yield str(MESSAGES[self.trial.refused[each.key]])

    @property
    def hidden(self) -> int:
        """Lines of somebody else's draft about what this reader may not see."""
        return len(self.shown) - len(self.lines)

    @property
    def outdated(self) -> int:
        return sum(each.is_outdated for each in self.shown)

    @property
    def applicable(self) -> int:
        """Lines that would change something."""
        return sum(bool(applicable(line, record_values=True)["set"]) for line in self.draft.changes)

    @cached_property
    def forbidden(self) -> int:
        """Lines that are not this reader's to apply: the rights are somebody else's."""
        rights = Rights.of(self.person)
        changing = [
            each for each in self.shown if each.row is not None and applicable(each.line, record_values=False)["set"]
        ]
        return sum(not may_apply(rights, each) for each in changing)

    @property
    def has_values(self) -> bool:
        return any("values" in line["set"] for line in self.draft.changes)

    @property
    def tried(self) -> int:
        """Lines with something that is only tried."""
        return sum(line["kind"] == "kpi" and any(n in line["set"] for n in ONLY_TRIED) for line in self.draft.changes)


def may_apply(rights: Rights, each: Shown) -> bool:
    if each.line["kind"] == "kpi":
        return rights.can_edit(each.row.goal)
    given = each.line["set"]
    parent = each.places.get(given.get("parent"))
    return rights.can_move(each.row, parent) if "parent" in given else rights.can_edit(each.row)
