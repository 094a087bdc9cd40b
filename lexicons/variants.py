"""Disguises people read at a glance: look-alike characters, misspelt words, syllables in place of
characters (bao本). Each is led back to the real word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from lexicons.documents import Part, Problem, read_document
from lexicons.normalising import normal_form

FILE = "variants.yaml"
_SECTIONS = ("characters", "words", "sounds")
_MOST_SYLLABLES = 2  # of one word written as sounds


@dataclass(frozen=True, kw_only=True, slots=True)
class Variants:
    """Disguise → real word, and syllable → characters, all in normal form."""

    undone: Mapping[str, str] = field(default_factory=dict)
    sounds: Mapping[str, str] = field(default_factory=dict)


def read_variants(content: bytes) -> tuple[Variants, list[Problem]]:
    """The variants of a file (none if it is empty), and what is wrong with them."""
    if not content:
        return Variants(), []
    document = read_document(content, FILE)
    if isinstance(document, Problem):
        return Variants(), [document]
    problems: list[Problem] = []
    rows = list(_rows(document, problems))
    undone: dict[str, str] = {}
    for row in rows:
        if row.section != "sounds":
            problems.extend(_faults(row, undone))
            undone.setdefault(row.disguise, row.real)
    problems.extend(_chains(rows, undone))
    sounds = {row.real: row.disguise for row in rows if row.section == "sounds"}
    return Variants(undone=undone, sounds=sounds), problems


def sounded(words: Iterable[str], sounds: Mapping[str, str]) -> dict[str, str]:
    """Each word with one or two of its characters written as syllables → the word."""
    syllable = {one: sound for sound, characters in sounds.items() for one in characters}
    return {
        written: word
        for word in words
        if 2 <= len(word) <= 4
        for written in _written(word, syllable)
    }


def reversed_words(words: Iterable[str]) -> dict[str, str]:
    """Words long enough to be told backwards, as a style sheet may turn them → the word."""
    return {word[::-1]: word for word in words if len(word) >= 4 and word != word[::-1]}


def _written(word: str, syllable: Mapping[str, str]) -> Iterator[str]:
    places = [place for place, character in enumerate(word) if character in syllable]
    for count in range(1, min(_MOST_SYLLABLES, len(word) - 1) + 1):
        for chosen in combinations(places, count):
            yield "".join(syllable[one] if i in chosen else one for i, one in enumerate(word))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    section: str
    real: str
    disguise: str
    line: int


def _rows(document: Part, problems: list[Problem]) -> Iterator[_Row]:
    sections = document.value if isinstance(document.value, dict) else {}
    for key in sections.keys() - set(_SECTIONS):
        problems.append(_problem(sections[key].line, f"不认识的部分“{key}”"))
    for name in _SECTIONS:
        section = sections.get(name)
        if section is None or not isinstance(section.value, dict):
            problems.append(_problem(document.line, f"缺少 {name}"))
            continue
        for real, part in section.value.items():
            for line, form in _forms(name, part):
                yield _Row(
                    section=name, real=normal_form(real), disguise=normal_form(form), line=line
                )


def _forms(section: str, part: Part) -> Iterator[tuple[int, str]]:
    """Characters stand side by side in one word, sounds are one word, disguises are a list."""
    if isinstance(part.value, str):
        forms: Sequence[str] = part.value if section == "characters" else (part.value,)
        yield from ((part.line, form) for form in forms)
    if isinstance(part.value, list):
        yield from ((one.line, one.value) for one in part.value if isinstance(one.value, str))


def _faults(row: _Row, undone: Mapping[str, str]) -> Iterator[Problem]:
    if not row.disguise.strip() or not row.real.strip():
        yield _problem(row.line, "变体或原词归一化后为空")
    elif row.disguise == row.real:
        yield _problem(row.line, f"变体归一化后就是原词“{row.real}”，无须列出")
    elif undone.get(row.disguise, row.real) != row.real:
        other = undone[row.disguise]
        yield _problem(row.line, f"变体“{row.disguise}”既指“{other}”又指“{row.real}”")


def _chains(rows: Sequence[_Row], undone: Mapping[str, str]) -> Iterator[Problem]:
    """A disguise of a disguise would be undone only half, or go round for ever."""
    for row in rows:
        if row.section != "sounds" and row.real in undone:
            way = f"“{row.disguise}”→“{row.real}”→“{undone[row.real]}”"
            yield _problem(row.line, f"{way}成链或成环")


def _problem(line: int, reason: str) -> Problem:
    return Problem(file=FILE, line=line, reason=reason)
