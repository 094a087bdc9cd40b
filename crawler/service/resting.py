"""Memory that a quiet house needs no more goes back: each SQLite connection keeps up to 64 MB of
what it read, and there is one for each thread that once looked at the same time as others.
"""

import ctypes

from crawler.store.database import Database

EVERY_S = 120.0


def rest(database: Database) -> None:
    """Harmless at any time: whoever is at work keeps their connection to the end of it."""
    database.forget_pages()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's own; others give back anyway
    if trim is not None:
        trim(0)
