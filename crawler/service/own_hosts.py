"""Our own machines are nobody's homepage: whoever points a filed domain at them is not followed."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import structlog

from crawler.config import Config

log = structlog.get_logger()
# documentation addresses (RFC 5737, RFC 3849): asking for the way there sends nothing
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def own_addresses(config: Config) -> tuple[str, ...]:
    """Addresses of the database, the search server, the receivers and this machine, as they
    resolve now. A name without an answer is logged and left out.
    """
    named = {address for host in _hosts(config) for address in _addresses(host)}
    return tuple(sorted(named | set(_this_machine())))


def _hosts(config: Config) -> set[str]:
    receivers = (one.url for one in config.delivery.endpoints)
    oidc = config.console.oidc
    urls = [config.store.database, config.search.elasticsearch, config.ops.webhook, *receivers]
    urls += [oidc.issuer] if oidc else []
    return {urlsplit(url).hostname or "" for url in urls} - {""}


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        log.warning("own host without an address", action="resolve", host=host)
        return []
    return [str(address[0]).partition("%")[0] for *_, address in found]


def _this_machine() -> Iterator[str]:
    """The addresses it is seen under when it goes out."""
    for family, far in _FAR:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far, 9))
            except OSError:  # no way out by this family
                continue
            yield str(probe.getsockname()[0]).partition("%")[0]
