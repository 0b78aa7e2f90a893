"""Messages of a .po file, read without a library."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

PLACEHOLDERS = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
ENTRY = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$')


class Message(NamedTuple):
    """`said` are the translations: one, or one for each plural form."""

    context: str
    words: str
    plural: str
    said: list[str]
    fuzzy: bool

    @property
    def key(self) -> tuple[str, str, str]:
        return self.context, self.words, self.plural

    @property
    def is_translated(self) -> bool:
        return all(self.said) and not self.fuzzy

    @property
    def keeps_placeholders(self) -> bool:
        """Plural forms may leave out the number that they say in words."""
        allowed = set(PLACEHOLDERS.findall(self.words + self.plural))
        needed = set(PLACEHOLDERS.findall(self.words)) & set(PLACEHOLDERS.findall(self.plural or self.words))
        return all(needed <= set(PLACEHOLDERS.findall(said)) <= allowed for said in self.said)


def messages(file: Path) -> list[Message]:
    found = []
    for block in file.read_text().split("\n\n"):
        lines = block.splitlines()
        parts, name = {}, ""
        for line in lines:
            if match := ENTRY.match(line):
                name = match[1]
                parts[name] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                parts[name] += ast.literal_eval(line)
        if parts.get("msgid"):
            said = [text for name, text in parts.items() if name.startswith("msgstr")]
            fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
            found.append(Message(parts.get("msgctxt", ""), parts["msgid"], parts.get("msgid_plural", ""), said, fuzzy))
    return found
