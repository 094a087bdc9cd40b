"""What an officer types becomes a tree of phrases: 且 或 非, quotes, everything else a phrase."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 500  # characters of a question that are looked at
_OPERATORS = {"且": "AND", "或": "OR", "非": "NOT", "AND": "AND", "OR": "OR", "NOT": "NOT"}
_TOKENS = re.compile(r'"([^"]*)"?|“([^”]*)”?|(\S+)')
_UNITS = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?|[㐀-鿿豈-﫿\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side, in their comparable form."""

    text: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Alternatives, each a set of phrases that must all hold."""

    alternatives: tuple[tuple[Phrase, ...], ...]

    @property
    def phrases(self) -> tuple[str, ...]:
        """What is to be marked in an answer."""
        return tuple(p.text for all_of in self.alternatives for p in all_of if not p.excluded)


def comparable(text: str) -> str:
    """Full width and case folded, one character for one."""
    return "".join(_folded(character) for character in text)


def units_of(text: str) -> list[str]:
    """Latin words and numbers whole, Han characters one by one."""
    return _UNITS.findall(comparable(text))


def grams_of(text: str) -> list[str]:
    """What is indexed of a text: words, and every two Han characters that touch each other."""
    found = list(_UNITS.finditer(comparable(text)))
    grams = []
    for unit, after in zip(found, [*found[1:], None], strict=True):
        touches = after is not None and after.start() == unit.end()
        pair = touches and after is not None and _is_han(unit[0]) and _is_han(after[0])
        grams.append(unit[0] + after[0] if pair and after is not None else unit[0])
    return grams


def ends_alone(text: str) -> bool:
    """Whether a phrase ends in a Han character that no other touches: no bigram holds it."""
    found = list(_UNITS.finditer(comparable(text)))
    if not found or not _is_han(found[-1][0]):
        return False
    before = found[-2] if len(found) > 1 else None
    return before is None or before.end() != found[-1].start() or not _is_han(before[0])


def question_from(words: str) -> Question:
    """Never an error: operators without operands are left out."""
    alternatives: list[list[Phrase]] = [[]]
    excluded = False
    for match in _TOKENS.finditer(words[:LONGEST]):
        quoted = match[1] if match[1] is not None else match[2]
        operator = _OPERATORS.get(match[3] or "") if quoted is None else None
        if operator == "OR":
            alternatives.append([])
        elif operator is not None:
            excluded = operator == "NOT"
        elif units_of(term := quoted if quoted is not None else match[3]):
            alternatives[-1].append(Phrase(comparable(term), excluded))
            excluded = False
    wanted = [tuple(one) for one in alternatives if any(not p.excluded for p in one)]
    return Question(tuple(wanted))


def _folded(character: str) -> str:
    form = unicodedata.normalize("NFKC", character).lower()
    return form if len(form) == 1 else character


def _is_han(unit: str) -> bool:
    return not unit.isascii()
