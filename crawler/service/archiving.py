"""Sealed segments go to the object store; those missing here are brought back from it."""

import sys
from collections.abc import Callable
from datetime import datetime

from crawler.domain.errors import WatchError
from crawler.service.wiring import House
from crawler.store.archives import archived, mark_archived, unarchived
from crawler.store.evidence import file_digest
from crawler.store.objects import Objects, ObjectSettings, OtherObject

_AT_ONCE = 4
_EVERY_S = 60.0


def objects_of(house: House) -> Objects | None:
    """The object store of an installation, if it has one."""
    settings = house.config.store
    if not settings.objects:
        return None
    return Objects(
        ObjectSettings(
            url=settings.objects,
            endpoint=settings.objects_endpoint,
            region=settings.objects_region,
            access_key=settings.objects_access_key.get_secret_value(),
            secret_key=settings.objects_secret_key.get_secret_value(),
        )
    )


def archive(house: House, objects: Objects, now: datetime, limit: int = _AT_ONCE) -> int:
    """Up to `limit` segments; the object is there before the row says so. A segment that is no
    longer as it was sealed stays here, for `verify` to tell. One whose name is taken there
    holds up none of the others: OtherObject at the end names it.
    """
    with house.database.reading() as db:
        waiting = [one for one in unarchived(db) if (house.evidence / one[0]).exists()]
    count, refused = 0, None
    for segment in waiting:
        if count == limit:
            break
        name, sha256, _ = segment
        file = house.evidence / name
        if file_digest(file) != sha256:
            continue
        try:
            objects.put(file, sha256)
        except OtherObject as trouble:
            refused = refused or trouble
            continue
        with house.database.transaction() as db:
            mark_archived(db, segment, objects.address, now)
        count += 1
    if refused:
        raise refused
    return count


def bring_back(house: House, objects: Objects) -> int:
    """Segments that lie in the object store and not here any more, each checked."""
    with house.database.reading() as db:
        known = archived(db)
    missing = [name for name in known if not (house.evidence / name).exists()]
    for name in missing:
        objects.fetch(name, house.evidence, known[name])
    return len(missing)


class Archiver:
    """Now and then, beside everything else; never an error for whoever calls."""

    def __init__(self, house: House, seconds: Callable[[], float]) -> None:
        self._house, self._seconds = house, seconds
        self._objects: Objects | None = None
        self._next = float("-inf")

    def round(self, now: datetime, *, last: bool = False) -> str:
        """What is wrong, if anything is. The last one takes all that is left, at once."""
        early = self._seconds() < self._next and not last
        if not self._house.config.store.objects or early:
            return ""
        self._next = self._seconds() + _EVERY_S
        try:
            self._objects = self._objects or objects_of(self._house)
            if self._objects is not None:
                archive(self._house, self._objects, now, sys.maxsize if last else _AT_ONCE)
        except WatchError as trouble:
            return str(trouble)
        return ""
