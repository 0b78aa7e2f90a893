"""Cause and effect between goals as a graph (docs/domain.md section 16). Pure: links in, circles and ways out.

A link is a pair (cause, effect). Links of one organisation form no circle: a goal cannot lead to itself.
"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def below(links: Iterable[tuple[Node, Node]]) -> dict[Node, list[Node]]:
    """Each cause with its effects, in the order of the links."""
    found: dict[Node, list[Node]] = {}
    for cause, effect in links:
        found.setdefault(cause, []).append(effect)
    return found


def way(links: Iterable[tuple[Node, Node]], start: Node, end: Node) -> list[Node] | None:
    """A shortest way along the links from one goal to another, both included; None when there is none."""
    effects = below(links)
    came_from: dict[Node, Node] = {}
    here = [start]
    seen = {start}
    while here and end not in seen:
        after = []
        for node in here:
            for effect in effects.get(node, ()):
                if effect not in seen:
                    seen.add(effect)
                    came_from[effect] = node
                    after.append(effect)
        here = after
    if end not in seen:
        return None
    found = [end]
    while found[-1] != start:
        found.append(came_from[found[-1]])
    return found[::-1]


def circle(links: Iterable[tuple[Node, Node]]) -> list[Node] | None:
    """The first circle that the links close, in their order: it begins and ends with the goal that was named first.
    None when they close none."""
    earlier: list[tuple[Node, Node]] = []
    for cause, effect in links:
        earlier.append((cause, effect))
        if closed := closing(earlier[:-1], cause, effect):
            named = [node for link in earlier for node in link]
            around = closed[:-1]
            start = min(range(len(around)), key=lambda place: named.index(around[place]))
            return [*around[start:], *around[:start], around[start]]
    return None


def closing(links: Iterable[tuple[Node, Node]], cause: Node, effect: Node) -> list[Node] | None:
    """The circle that one more link would close: cause, effect, and on to the cause; None when it closes none."""
    back = way(links, effect, cause)
    return [cause, *back] if back else None
