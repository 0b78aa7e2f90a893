"""A strategy map as shapes that a template writes down: goals, links, lanes, and the small charts of a link."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from cascade.templatetags.ui import LEVEL_MARKS, WORDS, on_scale, percent_text
from goals.models import Goal
from kpis.evidence import Evidence, Pair
from kpis.strategy import words
from kpis.strategy.chart import Chart, status_of
from kpis.strategy.layout import LABELS, WIDTH, Route
from kpis.strategy.lettering import wrapped
from kpis.strategy.links import Weighed

TEXT, LINE, INSET, LINES = 12.75, 15.5, 10, 3
LANE_TEXT, LANE_LINE = 14, 17
BAR, BAR_FROM = 64, 66
WIDE = 1200
LINE_WIDTHS = {1: "1.25", 2: "1.75", 3: "2.75"}


@dataclass(frozen=True)
class Line:
    text: str
    y: float


@dataclass(frozen=True)
class Node:
    """One goal at `x`, `y`. `bar` and `tick` are the lengths of its progress and its pace, None where there is none."""

    goal: Goal
    x: float
    y: float
    lines: list[Line]
    status: str
    percent: str
    bar: float | None
    tick: float | None
    label: str
    may_edit: bool

    @property
    def word(self) -> str:
        return str(WORDS[self.status])

    @property
    def status_mark(self) -> str:
        return f"st-{self.status}"

    @property
    def level_mark(self) -> str:
        return f"lvl-{min(self.goal.level.rank, LEVEL_MARKS - 1) + 1}"

    @property
    def tick_x(self) -> float:
        return self.x + BAR_FROM + (self.tick or 0)


@dataclass(frozen=True)
class Arc:
    """One link; `half` is half the width of its mark."""

    weighed: Weighed
    route: Route
    cause: Goal
    effect: Goal
    mark: str
    width: str
    half: float
    label: str

    @property
    def left(self) -> float:
        return self.route.badge[0] - self.half

    @property
    def wide(self) -> float:
        return 2 * self.half

    @property
    def word(self) -> str:
        return str(words.LABELS[self.weighed.label])

    @property
    def tag(self) -> str:
        return words.TAGS.get(self.weighed.label, "")

    @property
    def later(self) -> str:
        return words.later(self.weighed.link.lag, self.weighed.cadence)

    @property
    def agreement(self) -> str:
        found = self.weighed.evidence
        return words.agreement(found.r) if found else ""


@dataclass(frozen=True)
class Band:
    top: float
    name: str
    lines: list[Line]
    nodes: list[Node]
    bottom: float


@dataclass(frozen=True)
class Picture:
    width: float
    height: float
    bands: list[Band]
    arcs: list[Arc]
    leads_to: dict[int, list[Arc]] = field(default_factory=dict)
    markers = ("supports", "weak", "none", "contradicts", "sel")

    @property
    def is_wide(self) -> bool:
        """It is scrolled sideways rather than made too small to read."""
        return self.width > WIDE

    @property
    def nodes(self) -> list[Node]:
        return [node for band in self.bands for node in band.nodes]

    @property
    def listed(self) -> list[Arc]:
        """The links, the weakest evidence first."""

        def strength(arc: Arc) -> tuple:
            found = arc.weighed.evidence
            return words.ORDER.index(arc.weighed.label), found.r if found and found.r is not None else Decimal(0)

        return sorted(self.arcs, key=strength)

    @property
    def per_lane(self) -> list[tuple[Band, list[tuple[Node, list[Arc]]]]]:
        return [(band, [(node, self.leads_to.get(node.goal.pk, [])) for node in band.nodes]) for band in self.bands]


def picture(chart: Chart) -> Picture:
    drawing = chart.drawing
    arcs = [arc_of(each, chart, drawing.routes) for each in chart.links]
    leads_to: dict[int, list[Arc]] = {}
    for arc in arcs:
        leads_to.setdefault(arc.cause.pk, []).append(arc)
    bands = []
    for lane, place in zip(chart.lanes, drawing.lanes, strict=True):
        name = lane.perspective.name if lane.perspective else _("No perspective")
        lines = wrapped(name, LABELS - 16, LANE_TEXT, 4)
        bands.append(
            Band(
                top=place.top,
                name=name,
                lines=[Line(text, place.top + 60 + LANE_LINE * number) for number, text in enumerate(lines)],
                nodes=[node_of(goal, drawing.boxes[goal.pk], chart) for goal in lane.goals],
                bottom=place.top + place.height,
            )
        )
    return Picture(drawing.width, drawing.height, bands, arcs, leads_to)


def node_of(goal: Goal, place: tuple[float, float], chart: Chart) -> Node:
    x, y = round(place[0], 1), place[1]
    figures, status = getattr(goal, "figures", None), status_of(goal)
    progress, expected = (figures.progress, figures.expected) if figures else (None, None)
    percent = "" if progress is None else percent_text(progress)
    told = [goal.title, str(WORDS[status]), percent, goal.level.name]
    return Node(
        goal=goal,
        x=x,
        y=y,
        lines=[
            Line(text, y + 19 + LINE * number)
            for number, text in enumerate(wrapped(goal.title, WIDTH - 2 * INSET, TEXT, LINES))
        ],
        status=status,
        percent=percent,
        bar=None if progress is None else float(on_scale(progress)) / 100 * BAR,
        tick=None if expected is None else float(on_scale(expected)) / 100 * BAR,
        label=", ".join(filter(None, told)),
        may_edit=goal.pk in chart.may_edit,
    )


def arc_of(weighed: Weighed, chart: Chart, routes: dict) -> Arc:
    link = weighed.link
    cause, effect = chart.goals[link.cause_id], chart.goals[link.effect_id]
    mark = words.mark(weighed)
    told = {"cause": cause.title, "effect": effect.title, "evidence": words.LABELS[weighed.label], "mark": mark}
    return Arc(
        weighed=weighed,
        route=routes[link.cause_id, link.effect_id],
        cause=cause,
        effect=effect,
        mark=mark,
        width=LINE_WIDTHS[link.strength],
        half=11 if len(mark) < 2 else 18 if len(mark) < 5 else 20.5,
        label=_("%(mark)s, %(evidence)s: %(cause)s should lead to %(effect)s") % told,
    )


# The small charts of a link


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Scatter:
    """The paired changes: the cause's from left (worse) to right (better), the effect's from bottom to top."""

    dots: list[Dot]
    zero_x: float
    zero_y: float


@dataclass(frozen=True)
class LagBar:
    lag: int
    x: float
    y: float
    height: float
    text: str
    text_y: float
    on: bool


LEFT, RIGHT, TOP, BOTTOM = 12.0, 308.0, 10.0, 150.0
BARS_TOP, BARS_ZERO, BARS_BOTTOM, BAR_STEP = 22.0, 62.0, 96.0, 35.0


def scatter(weighed: Weighed, fiscal) -> Scatter:
    pairs = weighed.evidence.pairs if weighed.evidence else ()
    across, up = axis([pair.cause for pair in pairs]), axis([pair.effect for pair in pairs])
    dots = [
        Dot(x_of(pair, across), y_of(pair, up), words.period(pair.period, weighed.cadence, fiscal)) for pair in pairs
    ]
    return Scatter(dots, along(Decimal(0), across, LEFT, RIGHT), along(Decimal(0), up, BOTTOM, TOP))


def axis(values: Sequence[Decimal]) -> Decimal:
    """How far an axis reaches to both sides of nought."""
    return max((abs(value) for value in values), default=Decimal(1)) or Decimal(1)


def along(value: Decimal, reach: Decimal, start: float, end: float) -> float:
    return round(start + (end - start) * float((value / reach + 1) / 2), 1)


def x_of(pair: Pair, reach: Decimal) -> float:
    return along(pair.cause, reach, LEFT, RIGHT)


def y_of(pair: Pair, reach: Decimal) -> float:
    return along(pair.effect, reach, BOTTOM, TOP)


def lag_bars(by_lag: Sequence[Evidence], chosen: int) -> list[LagBar]:
    found = []
    for number, each in enumerate(by_lag):
        r = float(each.r or 0)
        height = round(abs(r) * (BARS_ZERO - BARS_TOP), 1)
        y = BARS_ZERO - height if r >= 0 else BARS_ZERO
        found.append(
            LagBar(
                lag=each.lag,
                x=2 + number * BAR_STEP,
                y=y,
                height=height,
                text=words.agreement(each.r),
                text_y=y - 5 if r >= 0 else y + height + 12,
                on=each.lag == chosen,
            )
        )
    return found
