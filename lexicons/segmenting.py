"""The only jieba: tells whether a found word is a word there (理财 in 管理财务 is none), and cuts
text into tokens. It works on normal forms, without guessing new words (HMM off), and keeps its
dictionary cache in a folder of ours.
"""

import logging
import os
import re
import stat
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Boundary, Grade, Lexicon, Term

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42.1: escapes that newer Pythons complain about
    import jieba

_REMEMBERED = 40  # characters up to which a run's cut is kept: pages repeat their short ones
LONGEST_RUN = 2_000  # longer ones are cut at fixed points: cost must not depend on the page
_COMPOUND = 4  # characters from which a term is made of words
_CHANCE = 3  # characters up to which a term across words is chance
_RUN = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+")  # jieba cuts each such run on its own


class Segmenter:
    """jieba with the words of one lexicon. It shares nothing with any other tokenizer."""

    def __init__(self, lexicon: Lexicon, cache_folder: Path) -> None:
        jieba.setLogLevel(logging.ERROR)
        self._tokenizer = jieba.Tokenizer()
        self._tokenizer.tmp_dir = str(_private(cache_folder))
        self._tokenizer.initialize()
        self._inner = {word: self._added(word) for word in _words_of(lexicon)}
        self._cuts = lru_cache(maxsize=256)(self._cuts_of)
        self._pieces = lru_cache(maxsize=4)(_pieces_of)
        self._short = lru_cache(maxsize=4096)(self._cut)

    def grade(self, text: str, start: int, end: int) -> Grade:
        """How a stretch of a normal form lies on the words there; only its neighbourhood is cut."""
        if self._is_cut(text, start) and self._is_cut(text, end):
            return Grade.ALIGNED
        if any(self._is_cut(text, place) for place in range(start + 1, end)):
            return Grade.STRADDLING
        return Grade.INSIDE

    def tokens(self, text: str) -> list[str]:
        """All of a normal form, in order; joined they are the text again."""
        return list(self._tokens(text))

    def parts(self, token: str) -> tuple[int, ...]:
        """Where a term that is one token falls apart: 理财 is still a word in p2p理财."""
        return self._inner.get(token, ())

    def _tokens(self, text: str) -> Iterator[str]:
        reached = 0
        for start, end in zip(*_pieces_of(text), strict=True):
            yield from text[reached:start]
            cut = self._short if end - start <= _REMEMBERED else self._cut
            yield from cut(text[start:end])
            reached = end
        yield from text[reached:]

    def _is_cut(self, text: str, place: int) -> bool:
        """Whether a word ends where the next begins; characters outside runs stand alone."""
        starts, ends = self._pieces(text)
        piece = bisect_right(starts, place) - 1
        if piece < 0 or place >= ends[piece]:
            return True
        start = starts[piece]
        return place - start in self._cuts(text[start : ends[piece]])

    def _cuts_of(self, run: str) -> frozenset[int]:
        cuts: list[int] = []
        place = 0
        for token in self._cut(run):
            cuts += (place, *(place + cut for cut in self.parts(token)))
            place += len(token)
        return frozenset(cuts)

    def _added(self, word: str) -> tuple[int, ...]:
        """Make a term one token, and keep where it would fall apart without that."""
        parts = self._cut(word) if len(word) >= _COMPOUND else []
        self._tokenizer.add_word(word)
        return tuple(accumulate(map(len, parts[:-1])))

    def _cut(self, run: str) -> list[str]:
        tokens: list[str] = self._tokenizer.lcut(run, HMM=False)
        return tokens


def counts(term: Term, grade: Grade) -> bool:
    """Whether a term may count where it lies so. Across words a short one is chance (提高|收益),
    a longer one hardly ever.
    """
    if grade is Grade.ALIGNED:
        return True
    if term.boundary is Boundary.ALIGNED:
        return False
    return grade is Grade.INSIDE or len(term.word) > _CHANCE


def _pieces_of(text: str) -> tuple[list[int], list[int]]:
    """Starts and ends of what jieba cuts by itself: runs, the long ones in pieces."""
    starts: list[int] = []
    ends: list[int] = []
    for run in _RUN.finditer(text):
        for start in range(run.start(), run.end(), LONGEST_RUN):
            starts.append(start)
            ends.append(min(start + LONGEST_RUN, run.end()))
    return starts, ends


def _words_of(lexicon: Lexicon) -> list[str]:
    """Terms that can be one token, short ones first: a long one falls apart into them."""
    words = {term.word for term in lexicon.terms if _RUN.fullmatch(term.word)}
    return sorted(words, key=lambda word: (len(word), word))


def _private(folder: Path) -> Path:
    """The folder, readable by us alone: jieba unmarshals whatever lies there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise BadInput(f"分词缓存目录 {folder} 不属于当前用户，不能使用")
    if state.st_mode & 0o022:
        raise BadInput(f"分词缓存目录 {folder} 可被他人写入，不能使用")
    return folder
