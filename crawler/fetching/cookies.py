"""Cookies of one visit: a site that sets one and redirects to itself is shown by a browser, so
it is followed; nothing outlives the visit or reaches another host.
"""

import re

from crawler.fetching.answer import Answer
from crawler.fetching.urls import Target

MOST_COOKIES = 30
LONGEST_COOKIE = 4096
_PAIR = re.compile(r"[!-:<>-~]+=[ -:<-~]*")


class Cookies:
    """Host-only, whatever Domain says; those marked Secure go over TLS alone."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, bool]] = {}

    def take(self, target: Target, answer: Answer) -> None:
        """Remembers what the answer sets, within bounds; odd ones are passed over."""
        for line in answer.values("set-cookie"):
            pair, _, attributes = line.partition(";")
            name = pair.partition("=")[0].strip()
            if len(line) > LONGEST_COOKIE or not _PAIR.fullmatch(pair.strip()):
                continue
            if len(self._kept) < MOST_COOKIES or (target.host, name) in self._kept:
                secure = "secure" in attributes.lower()
                self._kept[target.host, name] = (pair.strip(), secure)

    def line_for(self, target: Target) -> str:
        """The Cookie header of a request, empty if there is nothing to send."""
        return "; ".join(
            pair
            for (host, _), (pair, secure) in self._kept.items()
            if host == target.host and (target.scheme == "https" or not secure)
        )
