"""The sieve: over every quick text, whether the page must be read closely. It knows no contexts, so
it lets through whatever could be a risk with all of them in its favour.
"""

from crawler.domain.capture import PageText
from lexicons.matching import find_hits
from lexicons.reading import Tools


def passes(text: PageText, tools: Tools) -> bool:
    """Whether the words of a page, taken at their worst, could make it a finding."""
    hits = find_hits(text, tools.finder)
    return bool(hits)
