"""The whole judgement in one object: made once a process, used for every page. Where its folder is
a link to the version in force, it follows the link without a restart.
"""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from crawler.domain.assessment import Assessment
from crawler.domain.capture import Field, PageText, is_blank
from crawler.domain.errors import WatchError
from crawler.domain.page import PageStructure
from crawler.domain.site import Visit
from lexicons.assessing import assess, quiet, settled
from lexicons.loading import load_lexicon
from lexicons.matching import Finder, find_hits
from lexicons.normalising import normal_form
from lexicons.reading import Tools
from lexicons.resembling import load_resemblance
from lexicons.segmenting import Segmenter
from lexicons.sieving import passes
from lexicons.vocabulary import load_vocabulary
from lexicons.weighing import load_weights

LONGEST = 100_000  # characters of a field that are judged at a time
MOST = 1_000_000  # characters of a field that are judged; the sieve looks at all of them
IN_PASSING = 20_000  # characters of a page that may be settled where others wait

log = structlog.get_logger()


class Judge:
    """Sieve, judgement and tokens by the lexicon in force, one version a page."""

    def __init__(self, lexicon_folder: Path, cache_folder: Path) -> None:
        self._folder = lexicon_folder
        self._cache = cache_folder
        self._place = _linked(lexicon_folder)
        self._asked = self._place
        self._fresh: tuple[str, Tools] | None = None
        self._last: tuple[PageText, bool] | None = None
        self.tools = tools_of(lexicon_folder, cache_folder)

    @property
    def version(self) -> str:
        """The digest of the lexicon that judges now."""
        return self.tools.lexicon.version

    def passes(self, text: PageText) -> bool:
        """Whether the page must be read closely. Cheap; no risk may be lost by it. The last answer
        is kept: whoever asks is about to judge the same page.
        """
        if self._last is None or self._last[0] is not text:
            self._keep_up()
            self._last = (text, passes(text, self.tools))
        return self._last[1]

    def judge(
        self, visit: Visit, text: PageText, structure: PageStructure | None, at: datetime
    ) -> Assessment:
        """The assessment of a visit by what its page says and how it is built."""
        if not is_blank(text) and not self.passes(text):
            return quiet(visit, text, self.tools, at)
        tools = self.tools
        judged = (
            assess(visit, part, find_hits(part, tools.finder), structure, tools, at)
            for part in stretches(text)
            if part is text or passes(part, tools)  # the page itself was asked above
        )
        most = max(judged, key=lambda one: one.score, default=None)
        if most is None:
            return quiet(visit, text, tools, at)
        return replace(most, text_digest=text.digest)

    def settle(self, visit: Visit, text: PageText, at: datetime) -> Assessment | None:
        """The assessment of a page that is no finding whatever it is built of: its words taken at
        their worst are none, or what is said around them lowers them far enough. None where it
        must be read closely.
        """
        if not self.passes(text):
            return self.judge(visit, text, None, at)
        if is_blank(text) or sum(len(field.text) for field in text.fields) > IN_PASSING:
            return None
        return settled(visit, text, find_hits(text, self.tools.finder), self.tools, at)

    def tokens(self, text: PageText) -> tuple[str, ...]:
        """The tokens of a page, field after field."""
        fields = shortened(text).fields
        cut = (self.tools.segmenter.tokens(normal_form(field.text)) for field in fields)
        return tuple(token for tokens in cut for token in tokens if token.strip())

    def _keep_up(self) -> None:
        """Between two pages: take a version that is loaded, ask for one that came into force."""
        place = _linked(self._folder)
        if self._fresh is not None:
            fresh, tools = self._fresh
            self._fresh, self._asked = None, self._place
            if fresh == place:
                self._place = self._asked = place
                self.tools, self._last = tools, None
        if place not in (self._place, self._asked):
            self._asked = place
            threading.Thread(target=self._load, args=(place,), daemon=True).start()

    def _load(self, place: str) -> None:
        """Beside the judging: loading takes longer than a page may."""
        try:
            self._fresh = (place, tools_of(self._folder.parent / place, self._cache))
        except (WatchError, OSError) as error:  # the version that was in force goes on
            log.error("lexicon not taken", action="reload", version=place, reason=str(error))


def tools_of(folder: Path, cache_folder: Path) -> Tools:
    """All that judging needs, of one folder of word lists."""
    lexicon = load_lexicon(folder)
    return Tools(
        lexicon=lexicon,
        terms={term.word: term for term in lexicon.terms},
        finder=Finder(lexicon),
        segmenter=Segmenter(lexicon, cache_folder),
        vocabulary=load_vocabulary(folder),
        weights=load_weights(folder),
        resemblance=load_resemblance(folder),
    )


def _linked(folder: Path) -> str:
    """What the folder's link names; empty where it is no link and never changes."""
    try:
        return os.readlink(folder)  # noqa: PTH115 - asked for every page: a Path costs ten times it
    except OSError:
        return ""


def shortened(text: PageText) -> PageText:
    """What a person could come to read; a page of a million characters is there to tire us."""
    if all(len(field.text) <= LONGEST for field in text.fields):
        return text
    return PageText(fields=tuple(replace(f, text=f.text[:LONGEST]) for f in text.fields))


def stretches(text: PageText) -> Iterator[PageText]:
    """The page in parts that a person could come to read, each half over the one before; what an
    offer is buried under is left blank, so that each place stays where it is.
    """
    longest = max((len(field.text) for field in text.fields), default=0)
    if longest <= LONGEST:
        yield text
        return
    for start in range(0, min(longest, MOST), LONGEST // 2):
        yield PageText(fields=tuple(_stretch(field, start) for field in text.fields))
        if start + LONGEST >= longest:
            return


def _stretch(field: Field, start: int) -> Field:
    part = field.text[start : start + LONGEST]
    return replace(field, text=" " * start + part if part else "")
