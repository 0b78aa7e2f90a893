"""Formulas of KPIs: text in, a tree of operations out, and what it comes to (docs/domain.md section 7).

Pure. Numbers, keys, + - * /, parentheses, min(..), max(..), abs(x) and round(x[, 0..10]), half-even; left associative.
A missing operand or a division by zero anywhere gives no value.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from goals.nodes import exactly

LONGEST = 500
DEEPEST = 50
MOST_DECIMALS = 10
TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<key>[a-z][a-z0-9_]*)|(?P<sign>[-+*/(),]))", re.ASCII)
END = "end"


class FormulaError(ValueError):
    """What is wrong with a formula, in words: `sentence` with its `told` filled in."""

    def __init__(self, sentence: str, **told: object) -> None:
        super().__init__(sentence % told)
        self.sentence, self.told = sentence, told


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Key:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operation on its operands: "+", "-", "*", "/", "neg", "min", "max", "abs" or "round"."""

    name: str
    operands: "tuple[Node, ...]"


Node = Number | Key | Call


def parse(text: str) -> Node:
    """The operations of a formula. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError("longer than %(most)s characters", most=LONGEST)
    parser = _Parser(_tokens(text))
    node = parser.sum(0)
    parser.end()
    return node


def keys(node: Node) -> set[str]:
    """The KPIs a formula needs."""
    if isinstance(node, Key):
        return {node.name}
    return set().union(*map(keys, node.operands)) if isinstance(node, Call) else set()


def depends_on(text: str) -> set[str]:
    """The keys in a formula, which must have at least one. Raises FormulaError."""
    found = keys(parse(text))
    if not found:
        raise FormulaError("it names no KPI")
    return found


def with_keys(text: str, names: Mapping[str, str]) -> str:
    """The formula with other names for some of its keys, all else as it was typed. Raises FormulaError."""
    parse(text)
    told = [(found.start("key"), found.group("key")) for found in TOKEN.finditer(text) if found.group("key")]
    for at, key in reversed(told):
        rest = text[at + len(key) :]
        if key in names and not (key in FUNCTIONS and rest.lstrip().startswith("(")):
            text = text[:at] + names[key] + rest
    return text


@exactly
def evaluate(node: Node, values: Mapping[str, Decimal | None]) -> Decimal | None:
    """What a formula comes to; None where an operand is missing or something is divided by zero."""
    return _evaluate(node, values)


def _evaluate(node: Node, values: Mapping[str, Decimal | None]) -> Decimal | None:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Key):
        return values.get(node.name)
    found = []
    for operand in node.operands:
        value = _evaluate(operand, values)
        if value is None:
            return None
        found.append(value)
    return None if node.name == "/" and found[1] == 0 else OPERATIONS[node.name](found)


def _rounded(operands: Sequence[Decimal]) -> Decimal:
    places = int(operands[1]) if len(operands) > 1 else 0
    try:
        return operands[0].quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    except InvalidOperation:  # so large that its digits end before that place
        return operands[0]


OPERATIONS: Mapping[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "+": lambda given: given[0] + given[1],
    "-": lambda given: given[0] - given[1],
    "*": lambda given: given[0] * given[1],
    "/": lambda given: given[0] / given[1],
    "neg": lambda given: -given[0],
    "abs": lambda given: abs(given[0]),
    "min": min,
    "max": max,
    "round": _rounded,
}
FUNCTIONS = ("min", "max", "abs", "round")


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FormulaError("unexpected character at %(place)s", place=at + 1)
        tokens.append(found.group(found.lastgroup or 0))
        at = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def take(self) -> str:
        token = self.next
        self.at += 1
        return token

    def expect(self, sign: str) -> None:
        token = self.take()
        if token != sign:
            raise FormulaError("expected %(sign)s, found %(token)s", sign=sign, token=token)

    def end(self) -> None:
        if self.at < len(self.tokens):
            raise FormulaError("unexpected %(token)s", token=self.next)

    def sum(self, depth: int) -> Node:
        node = self.product(depth)
        while self.next in ("+", "-"):
            node = Call(self.take(), (node, self.product(depth)))
        return node

    def product(self, depth: int) -> Node:
        node = self.signed(depth)
        while self.next in ("*", "/"):
            node = Call(self.take(), (node, self.signed(depth)))
        return node

    def signed(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise FormulaError("more than %(most)s levels", most=DEEPEST)
        if self.next in ("+", "-"):
            sign = self.take()
            node = self.signed(depth + 1)
            return Call("neg", (node,)) if sign == "-" else node
        return self.atom(depth)

    def atom(self, depth: int) -> Node:
        if self.at == len(self.tokens):
            raise FormulaError("unexpected %(token)s", token=END)
        word = self.take()
        if word == "(":
            node = self.sum(depth + 1)
            self.expect(")")
            return node
        if word[0].isdigit():
            return Number(Decimal(word))
        if not word[0].isalpha():
            raise FormulaError("unexpected %(token)s", token=word)
        return self.call(word, depth) if word in FUNCTIONS and self.next == "(" else Key(word)

    def call(self, name: str, depth: int) -> Node:
        self.expect("(")
        operands = [self.sum(depth + 1)]
        while self.next == ",":
            self.take()
            operands.append(self.sum(depth + 1))
        self.expect(")")
        if name == "abs" and len(operands) != 1:
            raise FormulaError("abs takes one value")
        if name == "round" and not _is_rounding(operands[1:]):
            raise FormulaError("round takes a value and a whole number 0..%(most)s", most=MOST_DECIMALS)
        return Call(name, tuple(operands))


def _is_rounding(places: Sequence[Node]) -> bool:
    if not places:
        return True
    [first, *more] = places
    if more or not isinstance(first, Number):
        return False
    return first.value == int(first.value) and first.value <= MOST_DECIMALS
