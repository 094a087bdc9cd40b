"""Whether a host answers any name with one page: what a made-up name beside the site's own is
given, against what the site's own is.
"""

import re
from collections.abc import Callable
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from crawler.domain.address import ends_in_number
from crawler.domain.capture import PageText
from crawler.domain.filing import filing_numbers_in
from crawler.domain.site import Site
from crawler.reading.links import registered
from crawler.reading.quick_text import read_quickly
from crawler.reading.render_reasons import THIN

_ALIKE = 0.9
_LABEL_BYTES = 6
_LEAST_NAME = 2  # characters by which a page may name its owner
_CHANGES = re.compile(r"[0-9a-f]{8,}|\d+", re.IGNORECASE)  # times and numbers of a request


def sibling_of(url: str, domain: str, chance: Callable[[int], bytes]) -> str:
    """The same page under a made-up name of the site's own registered domain; empty where the
    page does not lie there.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    own = registered(host)
    if not host or ends_in_number(host) or "." not in own or own != registered(domain):
        return ""
    place = parts.netloc.rpartition("@")[2].replace(parts.hostname or "", f"{_label(chance)}.{own}")
    return parts._replace(netloc=place, fragment="").geturl()


def tells_nobody_apart(text: PageText, site: Site) -> bool:
    """Whether a page has hardly a word, and none that names whose it is: a filing number, its
    subject or the site's name. A small company's page is its own whoever else is shown it.
    """
    words = "".join("".join(text.field(name).split()) for name in ("title", "body", "alt"))
    length = len("".join(text.field("body").split()))
    named = (site.unit_name, site.site_name)
    return (
        0 < length < THIN
        and not filing_numbers_in(words)
        and not any(len(name) >= _LEAST_NAME and name in words for name in named)
    )


def says_the_same(text: PageText, url: str, other: str, other_url: str) -> bool:
    """Whether the other name's markup says what the page does, but for either's own name, times
    and numbers.
    """
    there = read_quickly(other)
    here, beside = _told(text, url), _told(there, other_url)
    if not here or max(len(here), len(beside)) > 4 * THIN:
        return False
    return SequenceMatcher(None, here, beside, autojunk=False).ratio() >= _ALIKE


def _told(text: PageText, url: str) -> str:
    words = "".join((text.field("title") + text.field("body")).lower().split())
    host = (urlsplit(url).hostname or "").rstrip(".")
    for name in (host, registered(host)):
        words = words.replace(name, "*")
    return _CHANGES.sub("0", words)


def _label(chance: Callable[[int], bytes]) -> str:
    return f"x{chance(_LABEL_BYTES).hex()}"
