"""CSV files as rows of cells, each with its line; what cannot be read becomes a problem with its place. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LARGEST_FILE = 200_000_000  # bytes
MOST_COLUMNS = 100
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, where, by a code that stays the same. Line 0 means the whole file."""

    file: str
    line: int
    column: str
    code: str
    message: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.code}: {self.message}"


class Refused(Exception):
    """The files are wrong in these places; nothing of them was kept."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on and its cells by column, without the blanks around them."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows, what is wrong with it, and its columns that nobody reads."""

    rows: list[Row]
    problems: list[Problem]
    unread: list[str]


def read(file: str, content: bytes, columns: Sequence[str]) -> Table:
    """The rows of a comma-separated UTF-8 file that must have these columns, in any order.

    Problem codes: file_too_large, wrong_encoding, nul_character, empty_file, wrong_delimiter, too_many_columns,
    duplicate_column, missing_column, wrong_cell_count, not_csv.
    """
    text, problem = decoded(file, content)
    if problem:
        return Table([], [problem], [])
    records = numbered(file, text)
    empty = Problem(file, 0, "", "empty_file", "The file has no header line.")
    top, header, problem = next(records, (0, [], empty))
    if problem:
        return Table([], [problem], [])
    names = [name.strip().lower() for name in header]
    problems = list(wrong_header(file, top, names, columns))
    if problems:
        return Table([], problems, [])
    rows = []
    for line, cells, problem in records:
        if problem:
            problems.append(problem)
        elif len(cells) != len(names):
            told = f"The line has {len(cells)} cells, the header {len(names)}."
            problems.append(Problem(file, line, "", "wrong_cell_count", told))
        else:
            rows.append(Row(line, dict(zip(names, map(str.strip, cells), strict=True))))
    return Table(rows, problems, [name for name in names if name not in columns])


def decoded(file: str, content: bytes) -> tuple[str, Problem | None]:
    if len(content) > LARGEST_FILE:
        return "", Problem(file, 0, "", "file_too_large", f"More than {LARGEST_FILE // 1_000_000} MB.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", Problem(file, 1, "", "wrong_encoding", "The file is UTF-16. Save it as UTF-8.")
    try:
        text = content.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        return "", Problem(file, line, "", "wrong_encoding", f"Byte {byte:#04x} is not UTF-8. Save the file as UTF-8.")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return "", Problem(file, line, "", "nul_character", "The file holds a NUL character.")
    return text, None


def numbered(file: str, text: str) -> Iterator[tuple[int, list[str], Problem | None]]:
    """Each record that is not blank with the line it begins on; what is no CSV ends the file with a problem."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells, None
            line = reader.line_num + 1
    except csv.Error as error:
        yield line, [], Problem(file, line, "", "not_csv", f"The line cannot be read: {error}.")


def wrong_header(file: str, line: int, names: Sequence[str], columns: Sequence[str]) -> Iterator[Problem]:
    if len(names) > MOST_COLUMNS:
        told = f"The header has {len(names)} columns, at most {MOST_COLUMNS} are read."
        yield Problem(file, line, "", "too_many_columns", told)
        return
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        yield Problem(file, line, "", "wrong_delimiter", "Put commas between the cells.")
        return
    for name in columns:
        if names.count(name) > 1:
            yield Problem(file, line, name, "duplicate_column", "The header names the column twice.")
        elif name not in names:
            yield Problem(file, line, name, "missing_column", "The header does not name the column.")
