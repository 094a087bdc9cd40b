"""What is searchable of a text: words and numbers whole, every two Han characters that touch.

Both engines are fed with the same stretches, so the same words give the same hits on both:
Elasticsearch's `cjk` makes its pairs of them, the embedded engine is given `pairs_of`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from operator import add

# Han characters that both engines know as such (Unicode 6.1)
HAN = (
    "\u3400-\u4db5\u4e00-\u9fcc\ufa0e-\ufa29"
    "\U00020000-\U0002a6d6\U0002a700-\U0002b734\U0002b740-\U0002b81d"
)
LONGEST_WORD = 200  # Elasticsearch cuts at 255
_STRETCH = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:(?<=[0-9])\.(?=[0-9])[a-z0-9]+)*")
# what no folding changes, and most of a page is: looked for at once, not one by one
_MAY_CHANGE = re.compile("[^a-z0-9 \n。、\u3400-\u4db5\u4e00-\u9fcc]")
_ASCII = frozenset(map(chr, range(128)))
_BETWEEN = rf"[^a-z0-9{HAN}]*"


@cache
def _folded(character: str) -> str:
    """Full width and case folded, one character for one, so that places stay what they are."""
    form = unicodedata.normalize("NFKC", character).lower()
    return character if len(form) != 1 or form == character else _folded(form)


def comparable(text: str) -> str:
    """The form in which texts and questions are compared; as long as the text itself."""
    # a page has few different characters that change: thrice as fast as one by one
    for character in set(_MAY_CHANGE.findall(text)):
        if (folded := _folded(character)) != character:
            text = text.replace(character, folded)
    return text


def stretches_of(text: str) -> list[str]:
    """Runs of Han characters, Latin words and numbers, in order; nothing else is searchable."""
    found = _STRETCH.findall(comparable(text))
    if max(map(len, found), default=0) <= LONGEST_WORD:
        return found
    return list(_shortened(found))


def is_han(stretch: str) -> bool:
    """Whether a stretch is of Han characters."""
    return not stretch.isascii()


def pairs_of(stretches: Iterable[str]) -> list[str]:
    """What `cjk` makes of stretches: every two characters of a run, a lone one by itself."""
    made: list[str] = []
    for one in stretches:
        if is_han(one) and len(one) > 1:
            made += map(add, one, one[1:])
        else:
            made.append(one)
    return made


def characters_of(stretches: Iterable[str]) -> list[str]:
    """Each Han character once: a single one is no pair, and is looked for here."""
    return sorted(set("".join(stretches)) - _ASCII)


def pattern_of(stretches: tuple[str, ...]) -> "re.Pattern[str]":
    """Where these stretches stand one after the other in a comparable text."""
    parts = [
        re.escape(one) if is_han(one) else rf"(?<![a-z0-9]){re.escape(one)}(?![a-z0-9])"
        for one in stretches
    ]
    return re.compile(_BETWEEN.join(parts))


def _shortened(stretches: Iterable[str]) -> Iterator[str]:
    for one in stretches:
        step = len(one) if is_han(one) else LONGEST_WORD
        yield from (one[at : at + step] for at in range(0, len(one), step))
