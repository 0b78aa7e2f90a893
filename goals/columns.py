"""The columns of the goal tree that a reader may choose among; the goal itself always stands first."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Column(NamedTuple):
    """`width` is a share of what the page has room for; `order` what siblings are ordered by when its title is used."""

    name: str
    label: str | Promise
    width: int
    order: str = ""
    is_number: bool = False
    is_usual: bool = True


ALL = (
    Column("level", _("Level"), 6, is_usual=False),
    Column("owner", _("Owner"), 9, "owner"),
    Column("unit", _("Unit"), 8),
    Column("perspective", _("Perspective"), 8, is_usual=False),
    Column("weight", _("Weight"), 4, "weight", is_number=True),
    Column("effective", pgettext_lazy("weight in the whole tree", "In all"), 4, is_number=True, is_usual=False),
    Column("progress", _("Progress"), 11, "progress"),
    Column("gap", pgettext_lazy("progress against the pace", "vs pace"), 4, "gap", is_number=True),
    Column("status", _("Status"), 7),
    Column(
        "coverage", pgettext_lazy("share of the weight that is measured", "Data"), 4, is_number=True, is_usual=False
    ),
    Column("kpis", _("KPIs"), 3, is_number=True),
    Column("smart", "S.M.A.R.T.", 4, is_number=True, is_usual=False),
    Column("upd", pgettext_lazy("when last", "Measured"), 5, is_number=True),
    Column("due", _("Due"), 6, "due", is_number=True, is_usual=False),
)
ROOM = 62  # of widths, beside the title, before the tree scrolls sideways in itself

Columns = dict[str, Column]


def chosen(text: str | None) -> Columns:
    """The columns named in an address, in their own order; None: the usual ones. What is no column is left out."""
    if text is None:
        return {column.name: column for column in ALL if column.is_usual}
    names = set(text.split(","))
    return {column.name: column for column in ALL if column.name in names}


def is_wide(columns: Columns) -> bool:
    return sum(column.width for column in columns.values()) > ROOM
