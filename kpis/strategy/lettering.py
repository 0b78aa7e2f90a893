"""Titles broken into lines for a drawing, whose text does not wrap by itself. Pure: no font is needed to run it."""

from unicodedata import east_asian_width

# The widths of the printable ASCII letters in shares of the letter size, of the interface's own typeface at 600.
TABLE = {
    chr(code): width / 100
    for code, width in enumerate(
        (
            *(20, 29, 44, 58, 54, 97, 73, 25, 36, 36, 41, 64, 30, 33, 30, 30),
            *(57, 58, 58, 58, 58, 57, 58, 58, 58, 57, 34, 34, 64, 64, 64, 61),
            *(100, 71, 71, 72, 73, 67, 61, 79, 73, 28, 58, 69, 57, 84, 73, 78),
            *(67, 78, 72, 67, 62, 72, 67, 95, 69, 68, 63, 34, 30, 34, 64, 51),
            *(21, 56, 59, 55, 59, 56, 31, 59, 58, 25, 25, 54, 25, 86, 58, 60),
            *(59, 59, 36, 54, 31, 58, 53, 76, 55, 53, 51, 39, 24, 39, 64),
        ),
        32,
    )
}
OTHER, FULL = 0.62, 1.02
MORE = "…"


def width_of(text: str, size: float) -> float:
    """About how wide a text is, in the units of its letter size."""
    return size * sum(TABLE.get(letter) or (FULL if east_asian_width(letter) in "WF" else OTHER) for letter in text)


def wrapped(text: str, width: float, size: float, most: int) -> list[str]:
    """A text in at most `most` lines that are not wider than `width`; the last one ends with … where it is cut."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most:
        line = words.pop(0)
        if width_of(line, size) > width:  # one word that is too long is broken
            line, rest = fitting(line, width, size)
            words.insert(0, rest)
        else:
            while words and width_of(f"{line} {words[0]}", size) <= width:
                line = f"{line} {words.pop(0)}"
        lines.append(line)
    if words:
        lines[-1] = shortened(f"{lines[-1]} {words[0]}", width, size)
    return lines


def fitting(word: str, width: float, size: float) -> tuple[str, str]:
    end = len(word)
    while end > 1 and width_of(word[:end], size) > width:
        end -= 1
    return word[:end], word[end:]


def shortened(line: str, width: float, size: float) -> str:
    while line and width_of(line + MORE, size) > width:
        line = line[:-1]
    return line.rstrip() + MORE
