"""Which address of a site to try next, by the reason the last one failed. http first: a site that
wants https says so itself.
"""

from collections.abc import Sequence

from crawler.domain.capture import Outcome
from crawler.domain.site import Site

Tried = Sequence[tuple[str, Outcome]]

_OTHER_SCHEME_MAY_HELP = frozenset(
    {
        Outcome.CONNECTION_REFUSED,
        Outcome.TIMED_OUT,
        Outcome.TLS_FAILED,
        Outcome.BAD_RESPONSE,
    }
)
_MOST = 5
_LEAST_TELLING = (
    Outcome.NAME_NOT_FOUND,
    Outcome.CONNECTION_REFUSED,
    Outcome.TIMED_OUT,
    Outcome.TLS_FAILED,
    Outcome.BAD_RESPONSE,
    Outcome.REDIRECT_LIMIT,
    Outcome.BLOCKED_ADDRESS,
)


def next_candidate(site: Site, tried: Tried) -> str | None:
    """The next address worth asking, None when there is none; the first if nothing was tried."""
    known = [url for url in (site.final_url, site.home_url) if url]
    asked = [url for url, _ in tried]
    if len(tried) >= _MOST:
        return None
    if not tried:
        return _first(site, known)
    last_url, outcome = tried[-1]
    if outcome is Outcome.NAME_NOT_FOUND:
        options = [*known, f"http://{site.domain}/", f"http://www.{site.domain}/"]
    elif outcome in _OTHER_SCHEME_MAY_HELP:
        options = [_other_scheme(last_url), *_after_silence(site, tried)]
    else:
        return None
    return next((url for url in options if not _asked(url, asked)), None)


def _first(site: Site, known: list[str]) -> str:
    return known[0] if known else f"http://{site.domain}/"


def _after_silence(site: Site, tried: Tried) -> list[str]:
    """A host that is silent on both ports is not asked again under www; one that refuses is."""
    silent = [url for url, outcome in tried if outcome is Outcome.TIMED_OUT]
    bare = [f"http://{site.domain}/"]
    return bare if len(silent) > 1 else [*bare, f"http://www.{site.domain}/"]


def _other_scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"http://{rest}" if scheme == "https" else f"https://{rest}"


def _asked(url: str, asked: list[str]) -> bool:
    return url.rstrip("/") in {one.rstrip("/") for one in asked}


def says_more(outcome: Outcome, best: Outcome) -> bool:
    """Of several addresses of one site, the one that came furthest tells how the visit ended."""
    return _telling(outcome) >= _telling(best)


def _telling(outcome: Outcome) -> int:
    known = outcome in _LEAST_TELLING
    return _LEAST_TELLING.index(outcome) if known else len(_LEAST_TELLING)
