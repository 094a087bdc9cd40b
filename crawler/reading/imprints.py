"""Who a page says is behind it: filing numbers and companies, and under whose domain it was
seen.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler.domain.capture import PageText
from crawler.domain.filing import filing_numbers_in
from crawler.domain.page import Imprint, PageStructure
from crawler.reading.links import registered

_FIELDS = ("body", "alt", "title", "option", "script")
# without one of them there is no number; the rest of a line is gone over once a find
_SIGNED = re.compile("(?:备|備|ICP|icp|-20|－20)[^\n]*")


def imprint_of(
    capture: str, domain: str, url: str, text: PageText, structure: PageStructure | None
) -> Imprint:
    """The imprint of any page; companies only where it was read closely. `domain` is the site's."""
    numbers = structure.filing_numbers if structure else _numbers(text)
    return Imprint(
        capture=capture,
        filing_numbers=numbers,
        companies=structure.companies if structure else (),
        elsewhere=_elsewhere(domain, url),
        characters=len("".join(text.field("body").split())),
    )


def _numbers(text: PageText) -> tuple[str, ...]:
    """Of the lines that may hold one: every page of a sweep comes by here."""
    lines = [line for name in _FIELDS for line in _signed_lines(text.field(name))]
    return filing_numbers_in("\n".join(lines)) if lines else ()


def _signed_lines(text: str) -> Iterator[str]:
    for sign in _SIGNED.finditer(text):
        yield text[text.rfind("\n", 0, sign.start()) + 1 : sign.end()]


def _elsewhere(domain: str, url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    if not host or f".{host}".endswith(f".{domain}"):
        return ""
    there = registered(host)
    return there if there != registered(domain) else ""
