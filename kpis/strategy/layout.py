"""Where goals and links of a strategy map are drawn. Pure: lanes, goals and links in, places and paths out.

The lanes are given, the first on top, so what is left of a layered drawing is the order of the goals in their rows
(the fewest crossings found by barycentres, transpositions and several sweeps), their places along the row (nearest to
what they are linked with, as a weighted isotonic regression) and the ways of the links. A link that passes a row gets
a place of its own in it, so no line runs over a goal. The same goals and links give the same drawing.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDTH, HEIGHT = 160.0, 88.0
LABELS = 112.0  # the names of the lanes stand left of the goals
PER_ROW = 5
GAP, LINKED_GAP, PASS = 14.0, 60.0, 12.0
BETWEEN_ROWS, LANE_TOP, LANE_BOTTOM = 72.0, 44.0, 44.0
NARROWEST = PER_ROW * WIDTH + (PER_ROW - 1) * GAP
SWEEPS, PULLS = 12, 10
BADGE = (44.0, 22.0)
ALONG = (0.5, 0.38, 0.62, 0.27, 0.73, 0.18, 0.82)
EDGE = 18.0  # ports keep off the corners
RIM = 4.0  # for the border of the last goal of a row

Key = tuple[int, int, int]
"""A place in a row: (goal, 0, 0), or (cause, effect, row) where a link passes."""
Point = tuple[float, float]
Link = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one link: an SVG path, and where its mark stands."""

    path: str
    badge: Point


@dataclass(frozen=True, slots=True)
class Lane:
    top: float
    height: float


@dataclass(frozen=True)
class Drawing:
    """`boxes` are the upper left corners of the goals, each WIDTH by HEIGHT."""

    width: float
    height: float
    lanes: list[Lane]
    boxes: dict[int, Point]
    routes: dict[Link, Route]
    crossings: int


@dataclass
class Rows:
    """What stands in which row, from the top; `up` and `down` are each place's neighbours in the rows beside."""

    places: list[list[Key]]
    tops: list[float]
    up: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    down: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    beside: set[tuple[Key, Key]] = field(default_factory=set)
    ways: dict[Link, list[Key]] = field(default_factory=dict)

    def neighbours(self, key: Key) -> list[Key]:
        return [*self.up[key], *self.down[key]]


def draw(lanes: Sequence[Sequence[int]], links: Iterable[Link]) -> Drawing:
    """The goals of each lane in the order in which they would stand without links, and links between goals of them."""
    known = {goal for lane in lanes for goal in lane}
    links = [link for link in links if link[0] in known and link[1] in known]
    rows, bands, height = stacked(lanes, links)
    weave(rows, links)
    crossings = untangle(rows)
    centres, width = spread(rows)
    boxes = {
        key[0]: (LABELS + centres[key] - WIDTH / 2, top)
        for places, top in zip(rows.places, rows.tops, strict=True)
        for key in places
        if is_goal(key)
    }
    return Drawing(LABELS + width + RIM, height, bands, boxes, routes(rows, centres, boxes), crossings)


def is_goal(key: Key) -> bool:
    return key[1] == 0


def goal_key(goal: int) -> Key:
    return goal, 0, 0


def stacked(lanes: Sequence[Sequence[int]], links: Sequence[Link]) -> tuple[Rows, list[Lane], float]:
    """The rows of the lanes: one each, more where more than PER_ROW goals stand in it, with effects above causes."""
    rows, bands, y = Rows([], []), [], 0.0
    for lane in lanes:
        start = y
        y += LANE_TOP
        for row in rows_of(lane, links) or [[]]:
            rows.places.append([goal_key(goal) for goal in row])
            rows.tops.append(y)
            y += HEIGHT + BETWEEN_ROWS
        y += LANE_BOTTOM - BETWEEN_ROWS
        bands.append(Lane(start, y - start))
    return rows, bands, y


def rows_of(lane: Sequence[int], links: Sequence[Link]) -> list[list[int]]:
    if len(lane) <= PER_ROW:
        return [list(lane)] if lane else []
    depth = steps_to_the_end(lane, links)
    order = sorted(lane, key=lambda goal: depth[goal])  # sorted keeps the order of equal ones
    count = -(-len(order) // PER_ROW)
    size = -(-len(order) // count)
    return [order[start : start + size] for start in range(0, len(order), size)]


def steps_to_the_end(lane: Sequence[int], links: Sequence[Link]) -> dict[int, int]:
    """For each goal the links of the longest way from it that stays in the lane."""
    inside = set(lane)
    effects: dict[int, list[int]] = defaultdict(list)
    for cause, effect in links:
        if cause in inside and effect in inside:
            effects[cause].append(effect)
    depth: dict[int, int] = {}

    def steps(goal: int) -> int:
        if goal not in depth:
            depth[goal] = max((steps(effect) + 1 for effect in effects[goal]), default=0)
        return depth[goal]

    return {goal: steps(goal) for goal in lane}


def weave(rows: Rows, links: Iterable[Link]) -> None:
    """Neighbours of every place, with a new place in each row that a link passes."""
    row_of = {key: number for number, places in enumerate(rows.places) for key in places}
    for cause, effect in links:
        low, high = row_of[goal_key(cause)], row_of[goal_key(effect)]
        step = -1 if low > high else 1
        passed = [(cause, effect, row) for row in range(low + step, high, step)] if low != high else []
        for key in passed:
            rows.places[key[2]].append(key)
        way = [goal_key(cause), *passed, goal_key(effect)]
        rows.ways[cause, effect] = way
        for one, other in pairwise(way):
            if low == high:
                rows.beside |= {(one, other), (other, one)}
            else:
                above, below = (other, one) if step < 0 else (one, other)
                rows.down[above].append(below)
                rows.up[below].append(above)


def untangle(rows: Rows) -> int:
    """Orders the rows; returns the crossings that are left."""
    best, fewest = [list(places) for places in rows.places], crossings(rows)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        numbers = range(1, len(rows.places)) if downward else range(len(rows.places) - 2, -1, -1)
        for number in numbers:
            beyond = {key: place for place, key in enumerate(rows.places[number + (-1 if downward else 1)])}
            sort_row(rows, number, beyond, rows.up if downward else rows.down)
        transpose(rows)
        found = crossings(rows)
        if found < fewest:
            best, fewest = [list(places) for places in rows.places], found
    rows.places = best
    return fewest


def sort_row(rows: Rows, number: int, beyond: dict[Key, int], neighbours: dict[Key, list[Key]]) -> None:
    places = rows.places[number]
    here = {key: float(place) for place, key in enumerate(places)}
    scale = len(places) / max(1, len(beyond))

    def middle(key: Key) -> float:
        found = [(beyond[other] + 0.5) * scale - 0.5 for other in neighbours[key] if other in beyond]
        return sum(found) / len(found) if found else here[key]

    rows.places[number] = sorted(places, key=lambda key: (middle(key), here[key]))


def transpose(rows: Rows) -> None:
    """Changes two neighbours of a row wherever that saves a crossing, until it does not."""
    place = {key: number for places in rows.places for number, key in enumerate(places)}
    for places in rows.places:
        better = True
        while better:
            better = False
            for left in range(len(places) - 1):
                one, other = places[left], places[left + 1]
                if clashes(rows, place, one, other) > clashes(rows, place, other, one):
                    places[left], places[left + 1] = other, one
                    place[one], place[other] = left + 1, left
                    better = True


def clashes(rows: Rows, place: dict[Key, int], left: Key, right: Key) -> int:
    """Crossings of the lines of two places with `left` left of `right`."""
    return sum(
        place[one] > place[other] for side in (rows.up, rows.down) for one in side[left] for other in side[right]
    )


def crossings(rows: Rows) -> int:
    found = 0
    for places, below in pairwise(rows.places):
        place = {key: number for number, key in enumerate(below)}
        met: list[int] = []
        for key in places:
            ends = sorted(place[other] for other in rows.down[key])
            found += sum(len(met) - bisect_right(met, end) for end in ends)
            for end in ends:
                insort(met, end)
    return found


def spread(rows: Rows) -> tuple[dict[Key, float], float]:
    """The centre of every place, as near to those it is linked with as the order and the gaps allow; and the width."""
    offsets = [offsets_of(places, rows.beside) for places in rows.places]
    widths = [row[-1] + half(places[-1]) for row, places in zip(offsets, rows.places, strict=True) if row]
    width = max([NARROWEST, *widths])
    centres: dict[Key, float] = {}
    for places, row in zip(rows.places, offsets, strict=True):
        spare = width - (row[-1] + half(places[-1])) if row else 0.0
        share = spare / (len(places) + 1) if places else 0.0
        centres |= {key: x + share * (n + 1) for n, (key, x) in enumerate(zip(places, row, strict=True))}
    for pull in range(PULLS):
        order = range(len(rows.places)) if pull % 2 == 0 else range(len(rows.places) - 1, -1, -1)
        for number in order:
            settle(rows, number, offsets[number], centres, width)
    return centres, width


def half(key: Key) -> float:
    return WIDTH / 2 if is_goal(key) else PASS / 2


def offsets_of(places: Sequence[Key], beside: set[tuple[Key, Key]]) -> list[float]:
    """The centres of a row's places when they stand as far left as they can."""
    found: list[float] = []
    for number, key in enumerate(places):
        if not number:
            found.append(half(key))
        else:
            before = places[number - 1]
            gap = LINKED_GAP if (before, key) in beside else GAP if is_goal(before) or is_goal(key) else 0.0
            found.append(found[-1] + half(before) + gap + half(key))
    return found


def settle(rows: Rows, number: int, offsets: Sequence[float], centres: dict[Key, float], width: float) -> None:
    """Moves a row's places nearest to the middle of their neighbours: the squares of what is missed are least."""
    places = rows.places[number]
    if not places:
        return
    wanted, weights = [], []
    for key, offset in zip(places, offsets, strict=True):
        near = [centres[other] for other in rows.neighbours(key)]
        wanted.append((sum(near) / len(near) if near else centres[key]) - offset)
        weights.append(0.2 if not near else 1.0 if is_goal(key) else 2.0)
    room = width - (offsets[-1] + half(places[-1]))
    for key, offset, shift in zip(places, offsets, rising(wanted, weights), strict=True):
        centres[key] = offset + min(room, max(0.0, shift))


def rising(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising values nearest to the wanted ones (weighted isotonic regression, pooling adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted, weights, strict=True):
        mean, sum_of_weights, count = value, weight, 1
        while pools and pools[-1][0] > mean:
            other, its_weight, its_count = pools.pop()
            mean = (mean * sum_of_weights + other * its_weight) / (sum_of_weights + its_weight)
            sum_of_weights, count = sum_of_weights + its_weight, count + its_count
        pools.append((mean, sum_of_weights, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def routes(rows: Rows, centres: dict[Key, float], boxes: dict[int, Point]) -> dict[Link, Route]:
    ports = ports_of(rows, centres, boxes)
    taken: list[Point] = []
    found = {}
    for link, way in sorted(rows.ways.items(), key=lambda each: (len(each[1]), each[0])):
        curves = curves_of(link, way, rows, centres, boxes, ports)
        badge = free_place(curves, taken)
        taken.append(badge)
        found[link] = Route(as_path(curves), badge)
    return found


def ports_of(rows: Rows, centres: dict[Key, float], boxes: dict[int, Point]) -> dict[tuple[Link, int], float]:
    """Where along its goal each end of a link stands, by link and end (0 cause, 1 effect), in the order of where the
    lines come from."""
    sides: dict[tuple[int, str], list[tuple[float, Link, int]]] = defaultdict(list)
    for link, way in rows.ways.items():
        for end, key, other in ((0, way[0], way[1]), (1, way[-1], way[-2])):
            goal = key[0]
            if (key, other) in rows.beside:
                side = "" if next_to(rows, key, other) else "top"
            else:
                side = "top" if other in rows.up[key] else "bottom"
            if side:
                sides[goal, side].append((centres[other], link, end))
    found = {}
    for (goal, _), ends in sides.items():
        left = boxes[goal][0] + EDGE
        for place, (_, link, end) in enumerate(sorted(ends)):
            found[link, end] = left + (WIDTH - 2 * EDGE) * (place + 1) / (len(ends) + 1)
    return found


def next_to(rows: Rows, one: Key, other: Key) -> bool:
    places = next(places for places in rows.places if one in places)
    return abs(places.index(one) - places.index(other)) == 1


Curve = tuple[Point, Point, Point, Point]


def curves_of(
    link: Link,
    way: Sequence[Key],
    rows: Rows,
    centres: dict[Key, float],
    boxes: dict[int, Point],
    ports: dict[tuple[Link, int], float],
) -> list[Curve]:
    (cause_x, cause_y), (effect_x, effect_y) = boxes[link[0]], boxes[link[1]]
    if (link, 0) not in ports:  # side by side
        y = cause_y + HEIGHT / 2
        start, end = (cause_x + WIDTH, effect_x) if cause_x < effect_x else (cause_x, effect_x + WIDTH)
        return [((start, y), (start, y), (end, y), (end, y))]
    start, end = ports[link, 0], ports[link, 1]
    if cause_y == effect_y:  # over the goals between them
        rise = cause_y - 30 - min(14.0, abs(end - start) / 40)
        return [((start, cause_y), (start, rise), (end, rise), (end, effect_y))]
    upward = effect_y < cause_y
    points = [(start, cause_y if upward else cause_y + HEIGHT)]
    for key in way[1:-1]:
        x, top = LABELS + centres[key], rows.tops[key[2]]
        points += [(x, top + HEIGHT), (x, top)] if upward else [(x, top), (x, top + HEIGHT)]
    points.append((end, effect_y + HEIGHT if upward else effect_y))
    return [bent(one, other) for one, other in pairwise(points)]


def bent(start: Point, end: Point) -> Curve:
    reach = (end[1] - start[1]) * 0.55
    return start, (start[0], start[1] + reach), (end[0], end[1] - reach), end


def at(curve: Curve, t: float) -> Point:
    shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(share * point[axis] for share, point in zip(shares, curve, strict=True)) for axis in (0, 1))
    return x, y


def free_place(curves: Sequence[Curve], taken: Sequence[Point]) -> Point:
    """The first place along a link between rows that no other mark covers, its middle when there is none."""
    open_ones = curves[::2] or curves  # every other piece passes a row
    middle_first = sorted(range(len(open_ones)), key=lambda number: abs(number - (len(open_ones) - 1) / 2))
    for t in ALONG:
        for number in middle_first:
            x, y = at(open_ones[number], t)
            if not any(abs(x - other[0]) < BADGE[0] and abs(y - other[1]) < BADGE[1] for other in taken):
                return x, y
    return at(open_ones[middle_first[0]], 0.5)


def as_path(curves: Sequence[Curve]) -> str:
    pieces = [f"M{short(curves[0][0])}"]
    pieces += [f"C{short(one)} {short(two)} {short(end)}" for _, one, two, end in curves]
    return "".join(pieces)


def short(point: Point) -> str:
    return f"{round(point[0], 1):g} {round(point[1], 1):g}"
