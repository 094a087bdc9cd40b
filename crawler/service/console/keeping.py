"""What the console remembers between requests of one process: figures for a moment, what to tell
somebody on their next page, what they had typed when their session ended.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

ENTRY_HOLDS, AWAY_HOLDS = timedelta(minutes=5), timedelta(minutes=10)
MOST_ASKING = 4
_MOST_KEPT = 2_000
_MOST_STRAYS = 50
_MOST_AWAY_OF_ONE = 100  # address: an office may stand behind it
_STRIPES = 64
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One thing that was done or could not be done, told on the next page. `undo` is a path."""

    text: str
    bad: bool = False
    undo: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A form that came after its session had ended. Only the same person gets it back."""

    user_id: int
    path: str
    fields: tuple[tuple[str, str], ...]
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Somebody whose password was right and whose second factor is still to come."""

    name: str
    address: str
    at: datetime
    how: str = "password"  # they proved themselves so far


@dataclass(frozen=True, kw_only=True, slots=True)
class Away:
    """Somebody sent to the identity provider: what they must bring back, and where they were
    going.
    """

    state: str
    nonce: str
    verifier: str
    next: str
    draft: str
    address: str
    at: datetime


@dataclass(kw_only=True, slots=True)
class Keeping:
    """Small, bounded; lost at a restart, and with it what somebody typed as their session ended."""

    # a provider that is slow holds so many of our threads, not all
    asking: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(MOST_ASKING)
    )

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _guessing: tuple[threading.Lock, ...] = field(
        default_factory=lambda: tuple(threading.Lock() for _ in range(_STRIPES))
    )
    _figures: dict[Hashable, tuple[datetime, Any]] = field(default_factory=dict)
    _notices: dict[str, list[Notice]] = field(default_factory=dict)
    _drafts: dict[str, Draft] = field(default_factory=dict)
    _strays: dict[str, Draft] = field(default_factory=dict)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _away: dict[str, Away] = field(default_factory=dict)
    _read: dict[int, tuple[int, int]] = field(default_factory=dict)

    @contextmanager
    def guessing(self, *whose: str) -> Iterator[None]:
        """One guess at a time for an account and from an address: a failure is counted before the
        next is compared, so that a hundred at once are no better than one after the other.
        """
        with ExitStack() as held:
            for one in sorted({hash(name) % _STRIPES for name in whose}):
                held.enter_context(self._guessing[one])
            yield

    def figure(self, key: Hashable, now: datetime, for_s: float, make: Callable[[], T]) -> T:
        """A figure as it was at most `for_s` seconds ago."""
        with self._lock:
            kept = self._figures.get(key)
        if kept is not None and now - kept[0] < timedelta(seconds=for_s):
            found: T = kept[1]
            return found
        made = make()
        with self._lock:
            _bound(self._figures)
            self._figures[key] = (now, made)
        return made

    @contextmanager
    def reading(self, user_id: int) -> Iterator[Callable[[int, int], None]]:
        """While a person waits for a list: what is given is told how many rows are read of about
        how many, for `read_of` their page to show.
        """

        def tell(read: int, there: int) -> None:
            with self._lock:
                self._read[user_id] = (read, there)

        try:
            yield tell
        finally:
            with self._lock:
                self._read.pop(user_id, None)

    def read_of(self, user_id: int) -> tuple[int, int] | None:
        """How far the list is that this person waits for."""
        with self._lock:
            return self._read.get(user_id)

    def tell(self, digest: str, notice: Notice) -> None:
        """For the next page of one session."""
        with self._lock:
            _bound(self._notices)
            self._notices.setdefault(digest, []).append(notice)

    def told(self, digest: str) -> tuple[Notice, ...]:
        """What is to be told now, once."""
        with self._lock:
            return tuple(self._notices.pop(digest, ()))

    def keep_draft(self, token: str, draft: Draft) -> None:
        """Until the person is back. What nobody owns (the cookie is gone too) is kept apart, so
        that whoever posts without signing in pushes out nobody's.
        """
        kept, most = (self._drafts, _MOST_KEPT) if draft.user_id else (self._strays, _MOST_STRAYS)
        with self._lock:
            _bound(kept, most)
            kept[token] = draft

    def draft(self, token: str, user_id: int, now: datetime) -> Draft | None:
        """What this person had typed, if it is theirs and not too old; once. What nobody owns is
        theirs who hold the page that it was answered with.
        """
        with self._lock:
            draft = self._strays.pop(token, None) or self._drafts.get(token)
            if draft is None or draft.user_id not in (0, user_id):
                return None
            self._drafts.pop(token, None)
        return draft if now - draft.at < timedelta(hours=2) else None

    def keep_entry(self, token: str, entry: Entry) -> None:
        """Until the code is typed."""
        with self._lock:
            _bound(self._entries)
            self._entries[token] = entry

    def entry(self, token: str, address: str, now: datetime) -> Entry | None:
        """Who stands at the second door, from the same address and not for too long."""
        with self._lock:
            entry = self._entries.get(token)
        if entry is None or entry.address != address or now - entry.at > ENTRY_HOLDS:
            return None
        return entry

    def keep_away(self, token: str, away: Away) -> None:
        """Until they are back. It costs nobody a password, so that one address pushes out its own
        and nobody else's.
        """
        with self._lock:
            theirs = [one for one, kept in self._away.items() if kept.address == away.address]
            for one in theirs[: 1 - _MOST_AWAY_OF_ONE]:
                del self._away[one]
            _bound(self._away)
            self._away[token] = away

    def take_away(self, token: str, now: datetime) -> Away | None:
        """Whoever comes back with this token, once and not too late."""
        with self._lock:
            away = self._away.pop(token, None)
        return away if away is not None and now - away.at <= AWAY_HOLDS else None

    def forget_entry(self, token: str) -> None:
        """They came in."""
        with self._lock:
            self._entries.pop(token, None)


def _bound(kept: dict[Any, Any], most: int = _MOST_KEPT) -> None:
    while len(kept) >= most:
        kept.pop(next(iter(kept)))
