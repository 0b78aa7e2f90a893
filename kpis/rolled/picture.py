"""The tree of boxes as a drawing: the KPI on the left, what it comes from to the right, lines between them."""

from dataclasses import dataclass, field
from decimal import Decimal

from kpis.models import Kpi
from kpis.strategy.lettering import wrapped

WIDE, HIGH, ACROSS, DOWN = 180, 56, 232, 68
INSET, LETTERS, KEY_WIDE = 10, 12.5, 88


@dataclass(frozen=True)
class Box:
    """A KPI among what another one comes from; `kpi` is None for what the reader may not see and for what is left out.
    `part` says what it is there: its weight, its side of a ratio, its dates."""

    kpi: Kpi | None
    name: str
    part: str = ""
    value: Decimal | None = None
    parts: list["Box"] = field(default_factory=list)

    @property
    def unit(self) -> str:
        return self.kpi.unit if self.kpi else ""

    @property
    def status(self) -> str:
        figures = getattr(self.kpi, "figures", None) if self.kpi else None
        return figures.status if figures else ""


@dataclass(frozen=True)
class Placed:
    box: Box
    x: int
    y: float
    line: str
    key: str
    is_top: bool

    @property
    def text_x(self) -> int:
        return self.x + INSET

    @property
    def name_y(self) -> float:
        return self.y + 22

    @property
    def value_y(self) -> float:
        return self.y + 42

    @property
    def key_x(self) -> int:
        return self.x + WIDE - INSET


@dataclass(frozen=True)
class Picture:
    placed: list[Placed]
    paths: list[str]
    width: int
    height: int
    box_width: int = WIDE
    box_height: int = HIGH


def picture_of(top: Box) -> Picture:
    placed: list[Placed] = []
    paths: list[str] = []
    leaves = 0

    def place(box: Box, depth: int) -> float:
        nonlocal leaves
        below = [place(part, depth + 1) for part in box.parts]
        if below:
            y = (below[0] + below[-1]) / 2
        else:
            y = float(leaves * DOWN)
            leaves += 1
        x = depth * ACROSS
        key = box.kpi.key if box.kpi and depth else ""
        placed.append(Placed(box, x, y, line(box.name, WIDE - 2 * INSET), line(key, KEY_WIDE), depth == 0))
        for each in below:
            paths.append(curve(x + WIDE, y + HIGH / 2, x + ACROSS, each + HIGH / 2))
        return y

    place(top, 0)
    deepest = max(each.x for each in placed)
    return Picture(placed[::-1], paths, deepest + WIDE + 2, int(Decimal(leaves - 1) * DOWN + HIGH + 2))


def line(text: str, width: float) -> str:
    return next(iter(wrapped(text, width, LETTERS, 1)), "")


def curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
