"""The whole judgement in one object: made once a process and lexicon version, used for every
page.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from crawler.domain.assessment import Assessment
from crawler.domain.capture import PageText, is_blank
from crawler.domain.page import PageStructure
from crawler.domain.site import Visit
from lexicons.assessing import assess, quiet
from lexicons.loading import load_lexicon
from lexicons.matching import Finder, find_hits
from lexicons.normalising import normal_form
from lexicons.reading import Tools
from lexicons.segmenting import Segmenter
from lexicons.sieving import passes
from lexicons.vocabulary import load_vocabulary
from lexicons.weighing import load_weights

LONGEST = 100_000  # characters of a field that are judged; the sieve looks at all of them


class Judge:
    """Sieve, judgement and tokens by one lexicon."""

    def __init__(self, lexicon_folder: Path, cache_folder: Path) -> None:
        lexicon = load_lexicon(lexicon_folder)
        self.version = lexicon.version
        self._last: tuple[PageText, bool] | None = None
        self.tools = Tools(
            lexicon=lexicon,
            terms={term.word: term for term in lexicon.terms},
            finder=Finder(lexicon),
            segmenter=Segmenter(lexicon, cache_folder),
            vocabulary=load_vocabulary(lexicon_folder),
            weights=load_weights(lexicon_folder),
        )

    def passes(self, text: PageText) -> bool:
        """Whether the page must be read closely. Cheap; no risk may be lost by it. The last answer
        is kept: whoever asks is about to judge the same page.
        """
        if self._last is None or self._last[0] is not text:
            self._last = (text, passes(text, self.tools))
        return self._last[1]

    def judge(
        self, visit: Visit, text: PageText, structure: PageStructure | None, at: datetime
    ) -> Assessment:
        """The assessment of a visit by what its page says and how it is built."""
        read = shortened(text)
        if not is_blank(read) and not self.passes(read):
            return quiet(visit, text, self.tools, at)
        hits = find_hits(read, self.tools.finder)
        judged = assess(visit, read, hits, structure, self.tools, at)
        return judged if read is text else replace(judged, text_digest=text.digest)

    def tokens(self, text: PageText) -> tuple[str, ...]:
        """The tokens of a page, field after field."""
        fields = shortened(text).fields
        cut = (self.tools.segmenter.tokens(normal_form(field.text)) for field in fields)
        return tuple(token for tokens in cut for token in tokens if token.strip())


def shortened(text: PageText) -> PageText:
    """What a person could come to read; a page of a million characters is there to tire us."""
    if all(len(field.text) <= LONGEST for field in text.fields):
        return text
    return PageText(fields=tuple(replace(f, text=f.text[:LONGEST]) for f in text.fields))
