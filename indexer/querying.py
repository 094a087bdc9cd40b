"""What an officer types becomes a tree of phrases: 且 或 非, quotes, everything else a phrase."""

import re
import unicodedata
from dataclasses import dataclass

from crawler.domain.errors import BadInput
from indexer.wording import is_han, stretches_of

LONGEST = 500  # characters of a question
_OPERATORS = {"且": "AND", "或": "OR", "非": "NOT", "AND": "AND", "OR": "OR", "NOT": "NOT"}
_TOKENS = re.compile(r'"([^"]*)"?|“([^”]*)”?|(\S+)')


Part = tuple[str, ...]  # stretches that stand one after the other


@dataclass(frozen=True, slots=True)
class Phrase:
    """Parts that must all be found, or (excluded) must not all be found."""

    parts: tuple[Part, ...]
    excluded: bool = False


def is_character(part: Part) -> bool:
    """Whether it is one Han character: no pair holds it, it only has to occur."""
    return len(part) == 1 and len(part[0]) == 1 and is_han(part[0])


@dataclass(frozen=True, slots=True)
class Question:
    """Alternatives, each a set of phrases that must all hold. `anything` asks for no words."""

    alternatives: tuple[tuple[Phrase, ...], ...]
    anything: bool = False

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """What is to be marked in an answer."""
        return tuple(p for all_of in self.alternatives for p in all_of if not p.excluded)


def checked(words: str) -> str:
    """What a person asked, if it can be asked as it stands: an end cut off may be what excludes."""
    if len(words) > LONGEST:
        raise BadInput(f"检索词至多 {LONGEST} 字，这里有 {len(words)} 字")
    if words.strip() and not question_from(words).alternatives:
        raise BadInput("没有可检索的字词：只有排除词、标点或符号")
    return words


def question_from(words: str) -> Question:
    """Never an error: operators without operands are left out, and so is what nobody sees (zero
    width, direction marks), which pasted words bring along.
    """
    alternatives: list[list[Phrase]] = [[]]
    excluded = False
    seen = "".join(c for c in words[:LONGEST] if unicodedata.category(c) != "Cf")
    for match in _TOKENS.finditer(seen):
        quoted = match[1] if match[1] is not None else match[2]
        operator = _OPERATORS.get(match[3] or "") if quoted is None else None
        if operator == "OR":
            alternatives.append([])
            excluded = False
        elif operator is not None:
            excluded = operator == "NOT"
        elif parts := parts_of(quoted if quoted is not None else match[3]):
            alternatives[-1].append(Phrase(parts, excluded))
            excluded = False
    wanted = [tuple(one) for one in alternatives if any(not p.excluded for p in one)]
    return Question(tuple(wanted), anything=not words.strip())


def parts_of(term: str) -> tuple[Part, ...]:
    """A phrase is one part; a lone Han character in it is one of its own, and what stands before
    and after it too: pairs cannot say that it touches its neighbours.
    """
    parts: list[list[str]] = [[]]
    for one in stretches_of(term):
        if is_han(one) and len(one) == 1:
            parts += [[one], []]
        else:
            parts[-1].append(one)
    return tuple(tuple(part) for part in parts if part)
