"""Slips of the hand in word lists that are about to be published: what YAML takes for a number or a
yes without quotation marks, and a word that stands twice in one list. A version that is in force
with such a slip is still read.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from lexicons.documents import Part, Problem, read_bytes, read_document
from lexicons.loading import files_of
from lexicons.normalising import normal_form

_NO_WORD = re.compile(
    r"[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|0x[\da-f]+|yes|no|on|off|true|false|null|~|y|n",
    re.IGNORECASE,
)
_LISTS = {"contexts.yaml": ("groups", "false_friends"), "claims.yaml": ("claims",)}


def slips(folder: Path) -> Iterator[Problem]:
    """Every slip of a folder, file by file."""
    for file in files_of(folder):
        keys = ("terms",) if file.startswith("terms/") else _LISTS.get(file, ())
        document = read_document(read_bytes(folder / file), file) if keys else None
        if isinstance(document, Part) and isinstance(document.value, dict):
            for key in keys:
                if key in document.value:
                    yield from _in_lists(file, document.value[key])


def _in_lists(file: str, part: Part) -> Iterator[Problem]:
    """The lists of words at any depth: a list of mappings with more than one key is none."""
    if isinstance(part.value, dict):
        for one in part.value.values():
            yield from _in_lists(file, one)
    elif isinstance(part.value, list):
        yield from _in_list(file, part.value)


def _in_list(file: str, parts: list[Part]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for part in parts:
        written = _word_of(part)
        if written is None:
            yield from _in_lists(file, part)
            continue
        if part.bare and _NO_WORD.fullmatch(written):
            reason = f'“{written}”不加引号，YAML 当作数或是否；确要这个词，写成 "{written}"'
            yield Problem(file=file, line=part.line, reason=reason)
        word = normal_form(written)
        if word in lines:
            reason = f"“{written}”在同一组中重复，已在第 {lines[word]} 行"
            yield Problem(file=file, line=part.line, reason=reason)
        lines.setdefault(word, part.line)


def _word_of(part: Part) -> str | None:
    if isinstance(part.value, str):
        return part.value
    if isinstance(part.value, dict) and len(part.value) == 1:
        return next(iter(part.value))
    return None
