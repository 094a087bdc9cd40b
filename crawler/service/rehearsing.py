"""A filing list handed over on a page: rehearsed, kept for its owner for half an hour, and taken
exactly as it was rehearsed.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

import msgspec

from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.filing import Change
from crawler.service.importing import Shrunk, import_file, loss_of
from crawler.service.wiring import House
from crawler.store.audit import take_chain
from crawler.store.database import Connection
from crawler.store.evidence import file_digest
from crawler.store.lists import Changed, ImportReport, changed_by
from crawler.store.platform_views import last_list_of

HOLDS = timedelta(minutes=30)
FIRST = 20  # changed filings of each kind that a rehearsal tells
LOST = "这里没有你预览的这份名单：已过期、已导入、已换成另一份，或是别人预览的。请重新上传预览"
_LIST, _RECORD = "list", "rehearsed.json"
_BYTES = 1 << 20
Tell = Callable[[int, int], None]
KINDS = (Change.GONE, Change.TRANSFERRED, Change.CHANGED, Change.NEW)


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """A list as somebody handed it over, with what they say about it."""

    name: str
    source: str
    whole: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What would become of a list."""

    at: datetime
    handed: Handed
    sha256: str
    last: int  # the source's newest list until then; 0: none
    repeats: bool  # and it was this very file, taken the same way
    report: ImportReport
    changed: tuple[Changed, ...]  # the first of each kind
    gone: int  # sites that would vanish of `stood`, if they are too many; else 0
    stood: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A rehearsal with the file it was of. `key` is the digest of all that it says."""

    key: str
    folder: Path
    said: Rehearsed


def rehearse(
    house: House,
    file: BinaryIO,
    handed: Handed,
    owner: int,
    actor: str,
    now: datetime,
    *,
    tell: Tell,
) -> None:
    """Keep the file and what would become of it, in place of what its owner handed over before;
    nothing else is written. BadInput if it is no list. `tell`: see `import_file`.
    """
    shelf = _shelf(house)
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f"{owner}-", dir=shelf))
    try:
        with (folder / _LIST).open("wb") as kept:
            shutil.copyfileobj(file, kept, _BYTES)
        said = _rehearsed(house, folder / _LIST, handed, actor, now, tell)
        (folder / _RECORD).write_bytes(msgspec.json.encode(said))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for other in _folders(house, owner):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def held_of(house: House, owner: int, now: datetime) -> Held | None:
    """What somebody handed over last, if that was not too long ago."""
    found = (one for folder in _folders(house, owner) if (one := _read(folder)))
    return next((one for one in found if now - one.said.at <= HOLDS), None)


def take(
    house: House, owner: int, key: str, actor: str, now: datetime, *, may_shrink: bool, tell: Tell
) -> ImportReport:
    """Import exactly what was rehearsed under this key. BadInput if it is not there any more,
    NotAllowed if its source has got another list meanwhile, Shrunk as `import_file` has it.
    """
    held = held_of(house, owner, now)
    if held is None or held.key != key:
        raise BadInput(LOST)
    file, said = held.folder / _LIST, held.said
    if not file.is_file() or file_digest(file) != said.sha256:
        raise BadInput("留存的文件与预览时不同，没有导入。请重新上传预览")

    def first(db: Connection) -> None:
        take_chain(db)  # of two who take at once the second sees what the first has done
        last = last_list_of(db, said.handed.source)
        if last is not None and last.id != said.last:
            raise NotAllowed(f"预览之后该来源又导入了名单 {last.id}，差异已变。请重新上传预览")

    report = import_file(
        house, file, source=said.handed.source, actor=actor, at=now, whole=said.handed.whole,
        rehearse=False, may_shrink=may_shrink, name=said.handed.name, first=first, tell=tell,
    )  # fmt: skip
    drop(house, owner)
    return report


def drop(house: House, owner: int) -> None:
    """Forget what somebody handed over."""
    for folder in _folders(house, owner):
        shutil.rmtree(folder, ignore_errors=True)


def drop_expired(house: House, now: datetime) -> None:
    """Lists name people: none lies about because nobody came back to it."""
    for folder in _shelf(house).glob("*-*"):
        one = _read(folder)
        if one is not None and now - one.said.at > HOLDS:
            shutil.rmtree(folder, ignore_errors=True)


def drop_all(house: House) -> None:
    """At the start, when nobody hands over anything: whole ones and what a kill left."""
    shutil.rmtree(_shelf(house), ignore_errors=True)


def _rehearsed(
    house: House, path: Path, handed: Handed, actor: str, now: datetime, tell: Tell
) -> Rehearsed:
    sha256 = file_digest(path)
    lasts: list[tuple[int, bool]] = []
    losses: list[Shrunk] = []
    changed: list[Changed] = []

    def first(db: Connection) -> None:
        last = last_list_of(db, handed.source)
        if last is not None:
            lasts.append((last.id, (last.sha256, last.whole) == (sha256, handed.whole)))
        if handed.whole and (loss := loss_of(house, db, handed.source)):
            losses.append(loss)

    def then(db: Connection, list_id: int) -> None:
        changed.extend(one for kind in KINDS for one in changed_by(db, list_id, kind, FIRST))

    report = import_file(
        house, path, source=handed.source, actor=actor, at=now, whole=handed.whole,
        rehearse=True, name=handed.name, first=first, then=then, tell=tell,
    )  # fmt: skip
    last, repeats = lasts[0] if lasts else (0, False)
    gone, stood = (losses[0].gone, losses[0].stood) if losses else (0, 0)
    return Rehearsed(
        at=now,
        handed=handed,
        sha256=sha256,
        last=last,
        repeats=repeats,
        report=report,
        changed=tuple(changed),
        gone=gone,
        stood=stood,
    )


def _shelf(house: House) -> Path:
    return house.cache / "lists"


def _folders(house: House, owner: int) -> Iterator[Path]:
    return iter(list(_shelf(house).glob(f"{owner}-*")))


def _read(folder: Path) -> Held | None:
    """None while it is being rehearsed, and when it went a moment ago."""
    record = folder / _RECORD
    try:
        return Held(
            key=file_digest(record),
            folder=folder,
            said=msgspec.json.decode(record.read_bytes(), type=Rehearsed),
        )
    except (FileNotFoundError, msgspec.DecodeError):
        return None
