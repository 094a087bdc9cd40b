"""Which address of a site to try next, by the reason the last one failed. http first: a site that
wants https says so itself.
"""

from collections.abc import Iterator, Sequence

from crawler.domain.address import ends_in_number
from crawler.domain.capture import Outcome
from crawler.domain.site import Site
from crawler.fetching.urls import target_of

Tried = Sequence[tuple[str, Outcome]]

MOST_ADDRESSES = 5
_OTHER_SCHEME_MAY_HELP = frozenset(
    {
        Outcome.CONNECTION_REFUSED,
        Outcome.TIMED_OUT,
        Outcome.TLS_FAILED,
        Outcome.BAD_RESPONSE,
        Outcome.REDIRECT_LIMIT,
    }
)
_OTHER_NAME_MAY_HELP = frozenset(
    {Outcome.NAME_NOT_FOUND, Outcome.BLOCKED_ADDRESS, Outcome.HTTP_ERROR}
)
_LEAST_TELLING = (
    Outcome.NAME_NOT_FOUND,
    Outcome.BLOCKED_ADDRESS,  # of an address that we thought of: the site itself said more
    Outcome.CONNECTION_REFUSED,
    Outcome.TIMED_OUT,
    Outcome.TLS_FAILED,
    Outcome.BAD_RESPONSE,
    Outcome.REDIRECT_LIMIT,
    Outcome.HTTP_ERROR,
)


def next_candidate(site: Site, tried: Tried) -> str | None:
    """The next address worth asking, None when there is none. A known site starts where its last
    visit ended, a new one at the homepage of its filing.
    """
    if not tried:
        return next(_addresses(site))
    if len(tried) >= MOST_ADDRESSES:
        return None
    last, outcome = tried[-1]
    asked = {_plain(url) for url, _ in tried}
    options = _after(site, tried, last, outcome)
    return next((url for url in options if _plain(url) not in asked), None)


def says_more(outcome: Outcome, best: Outcome) -> bool:
    """Of several addresses of one site, the one that came furthest tells how the visit ended; of
    two that came as far, the first.
    """
    return _telling(outcome) > _telling(best)


def _after(site: Site, tried: Tried, last: str, outcome: Outcome) -> Iterator[str]:
    if outcome in _OTHER_SCHEME_MAY_HELP:
        yield _other_scheme(last)
    elif outcome not in _OTHER_NAME_MAY_HELP:
        return
    if outcome is Outcome.HTTP_ERROR and _is_root_of(site, last):
        if not ends_in_number(site.domain):
            yield _with_www(site, last)
        return
    for url in _addresses(site):
        if _may_be_asked(url, tried):
            yield url


def _addresses(site: Site) -> Iterator[str]:
    """In the order in which they are likely to be right."""
    if site.final_url and _belongs(site, site.final_url):
        yield site.final_url
    if site.home_url and target_of(site.home_url):
        yield site.home_url
    yield f"http://{site.domain}/"
    if not ends_in_number(site.domain):
        yield f"http://www.{site.domain}/"


def _belongs(site: Site, url: str) -> bool:
    """Where a site sends its visitors to somebody else, that is to be seen anew each time."""
    target = target_of(url)
    return target is not None and f".{target.host}".endswith(f".{site.domain}")


def _may_be_asked(url: str, tried: Tried) -> bool:
    """A site silent on both ports is silent under www too."""
    silent = sum(outcome is Outcome.TIMED_OUT for _, outcome in tried)
    return silent < 2 or "://www." not in url


def _is_root_of(site: Site, url: str) -> bool:
    target = target_of(url)
    return target is not None and target.host == site.domain and target.path == "/"


def _with_www(site: Site, url: str) -> str:
    return url.replace(f"://{site.domain}", f"://www.{site.domain}", 1)


def _other_scheme(url: str) -> str:
    """On the scheme's own port, whatever port the address named."""
    target = target_of(url)
    if target is None:
        return url
    scheme = "http" if target.scheme == "https" else "https"
    return f"{scheme}://{target.host}{target.path}"


def _plain(url: str) -> str:
    target = target_of(url)
    return target.url if target else url


def _telling(outcome: Outcome) -> int:
    known = outcome in _LEAST_TELLING
    return _LEAST_TELLING.index(outcome) if known else len(_LEAST_TELLING)
