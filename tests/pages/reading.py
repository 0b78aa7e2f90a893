"""Reads a page as a person does: its text, and its tables row by row."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img", "use", "rect", "line", "polyline", "path", "circle"}
WITHIN_WORDS = {"b", "data", "time", "del", "ins"}
SILENT = {"script", "style", "title", "svg"}


@dataclass
class Cell:
    """`value` is what a <data> element in it says exactly."""

    label: str
    words: list[str] = field(default_factory=list)
    value: str | None = None

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@dataclass
class Row:
    id: str
    classes: list[str]
    cells: list[Cell] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [cell.text for cell in self.cells]

    def by_label(self, label: str) -> Cell:
        return next(cell for cell in self.cells if cell.label == label)


class Reading(HTMLParser):
    """`text` of the whole page with single spaces; `tables` by their first class after "table"."""

    def __init__(self, html: str):
        super().__init__()
        self.words: list[str] = []
        self.tables: dict[str, list[Row]] = {}
        self.open_tables: list[list[Row]] = []
        self.cells: list[Cell] = []
        self.silent = 0
        self.feed(html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.part(tag)
        classes = (told.get("class") or "").split()
        if tag in SILENT:
            self.silent += 1
        elif tag == "table":
            rows: list[Row] = []
            self.tables[next((name for name in classes if name != "table"), "table")] = rows
            self.open_tables.append(rows)
        elif tag == "tr":
            self.open_tables[-1].append(Row(told.get("id") or "", classes))
        elif tag in ("td", "th"):
            self.cells.append(Cell(told.get("data-label") or ""))
            self.open_tables[-1][-1].cells.append(self.cells[-1])
        elif tag == "data" and self.cells:
            self.cells[-1].value = told["value"]

    def handle_endtag(self, tag):
        self.part(tag)
        if tag in SILENT:
            self.silent -= 1
        elif tag == "table":
            self.open_tables.pop()
        elif tag in ("td", "th"):
            self.cells.pop()

    def part(self, tag):
        if tag not in WITHIN_WORDS:
            for words in (self.words, *(cell.words for cell in self.cells)):
                words.append(" ")

    def handle_data(self, data):
        if self.silent:
            return
        self.words.append(data)
        for cell in self.cells:
            cell.words.append(data)


def read(response) -> Reading:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return Reading(content.decode())
