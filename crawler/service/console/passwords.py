"""argon2id, with the library's own defaults (64 MiB, three passes)."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)  # 64 MiB each: guesses must not fill the memory


def hash_of(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return HASHER.hash(password)


def fits(kept: str, password: str) -> bool:
    """Whether a password is the one behind a hash. Costs the same for an account that does not
    exist: it is compared with nobody's.
    """
    with _AT_ONCE:
        try:
            return HASHER.verify(kept or _nobodys(), password) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def is_dated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(kept)


_NOBODY: list[str] = []


def _nobodys() -> str:
    if not _NOBODY:
        _NOBODY.append(HASHER.hash("nobody's password"))
    return _NOBODY[0]
