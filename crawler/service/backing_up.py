"""A whole installation in one file, taken while it works: first the rows of one moment, then the
evidence those rows speak of. The last member says what every other one must be.
"""

import errno
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any

import msgspec

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput, TryLater, reason_of
from crawler.service.compacting import finish
from crawler.service.holding import evidence_at_rest
from crawler.service.wiring import House, tool_name
from crawler.store.audit import note
from crawler.store.case_files import FOLDER, case_lengths
from crawler.store.evidence import on_disk
from crawler.store.orphans import ORPHANS
from crawler.store.snapshots import open_copy, segment_lengths, standing_of, take_snapshot

FORMAT = 1
MANIFEST = "MANIFEST.json"
STORE = "xunwang.db"
EVIDENCE = "evidence/"
GOES_IN = ("lexicons", "forms", "docking")  # beside rows and evidence; whatever else lies in the
SETTINGS = ("xunwang.toml", "keys")  # home stays out, these go only where somebody says so
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)  # some shares
_SPARE = 1.05


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `missing` are segments the rows speak of that were not there."""

    format: int
    tool: str
    made_at: datetime
    standing: dict[str, Any]
    files: dict[str, Member]
    links: dict[str, str]
    missing: tuple[str, ...] = ()
    settings: bool = False
    orphans: int = 0


def back_up(
    house: House, target: Path, actor: str, now: datetime, *, settings: bool, orphans: bool = True
) -> Manifest:
    """Write it beside, then give it its name, which nobody may have taken; BadInput where it lies
    wrong. Orphans go with it: nobody knows yet that they are no evidence.
    """
    part = _place_beside(house, target)
    copy = house.run / f"snapshot-{os.getpid()}.db"
    with _opened(part) as file:
        try:
            with evidence_at_rest(house.home, alone=True):
                finish(house)  # else a file that a kill left without its name would be missing
            copy.unlink(missing_ok=True)
            with evidence_at_rest(house.home):
                take_snapshot(house.database, copy)
                manifest = _written(house, copy, file, now, settings=settings, orphans=orphans)
            _give_name(part, target)
        except OSError as error:
            raise TryLater(f"备份没有完成：{reason_of(error)}") from error
        finally:
            copy.unlink(missing_ok=True)
    with house.database.transaction() as db:
        note(db, _act(house, actor, now, manifest))
    return manifest


def _place_beside(house: House, target: Path) -> Path:
    if target.exists():
        raise _taken(target)
    if not target.parent.is_dir():
        raise BadInput(f"目录 {target.parent} 不存在")
    place = target.parent.resolve()
    if any(place.is_relative_to(one.resolve()) for one in (house.home, house.evidence)):
        raise BadInput(f"备份不能写在数据目录 {house.home} 里，请写到别的磁盘")
    return target.with_name(f"{target.name}.part")


@contextmanager
def _opened(part: Path) -> Iterator[IO[bytes]]:
    """A file that nobody else writes, and that goes with these lines."""
    try:
        file = part.open("xb")
    except FileExistsError:
        raise BadInput(
            f"{part} 已存在：另一个备份正在写它，或是上次中断留下的；确认没有备份在跑再删除它"
        ) from None
    except OSError as error:
        raise TryLater(f"备份没有完成：{reason_of(error)}") from error
    try:
        with file:
            part.chmod(0o600)
            yield file
    finally:
        part.unlink(missing_ok=True)


def _give_name(part: Path, target: Path) -> None:
    """Unlike a rename a link takes no name that is taken."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise _taken(target) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise _taken(target) from None
        part.replace(target)
    else:
        on_disk(target.parent)


def _taken(target: Path) -> BadInput:
    return BadInput(f"{target} 已存在，不会覆盖")


def _written(
    house: House, copy: Path, out: IO[bytes], now: datetime, *, settings: bool, orphans: bool
) -> Manifest:
    snapshot = open_copy(copy)
    try:
        with snapshot.reading() as db:
            lengths, standing = segment_lengths(db), standing_of(db)
            cases = {f"{FOLDER}/{name}": size for name, size in case_lengths(db).items()}
    finally:
        snapshot.close()
    aside = _orphans(house.evidence) if orphans else {}
    sizes = chain((size for size, _ in lengths.values()), cases.values(), aside.values())
    evidence = sum(sizes)
    _check_room(Path(out.name).parent, copy.stat().st_size + evidence)
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        writer = _Writer(tar)
        writer.add(STORE, copy)
        kept = chain(_segments(lengths), sorted(cases.items()))
        missing = [name for name, size in kept if not writer.add(
            EVIDENCE + name, house.evidence / name, size)]  # fmt: skip
        for name, size in sorted(aside.items()):
            writer.add(EVIDENCE + name, house.evidence / name, size)
        links = dict(_others(house, writer, settings=settings))
        manifest = Manifest(
            format=FORMAT,
            tool=tool_name(),
            made_at=now,
            standing=standing,
            files=dict(writer.files),  # its own description comes after
            links=links,
            missing=tuple(missing),
            settings=settings,
            orphans=len(aside),
        )
        writer.add_bytes(MANIFEST, msgspec.json.encode(manifest))
    out.flush()
    os.fsync(out.fileno())
    return manifest


def _orphans(folder: Path) -> dict[str, int]:
    shelf = folder / ORPHANS
    found = shelf.iterdir() if shelf.is_dir() else ()
    return {f"{ORPHANS}/{one.name}": one.stat().st_size for one in found if one.is_file()}


def _segments(lengths: dict[str, tuple[int, str]]) -> Iterator[tuple[str, int]]:
    return ((name, lengths[name][0]) for name in sorted(lengths))


def _others(house: House, writer: "_Writer", *, settings: bool) -> Iterator[tuple[str, str]]:
    """Word lists, forms and what else goes in; gives the links that stay inside."""
    for path in _beside(house, settings=settings):
        name = path.relative_to(house.home).as_posix()
        if path.is_symlink():
            goal = str(path.readlink())
            if "/" not in goal and (path.parent / goal).exists():
                yield name, goal
        elif path.is_file():
            writer.add(name, path)


def _beside(house: House, *, settings: bool) -> Iterator[Path]:
    """What begins with a dot is somebody's work that is not done."""
    for name in (*GOES_IN, *(SETTINGS if settings else ())):
        top = house.home / name
        yield top
        for path in sorted(top.rglob("*")):
            if not any(part.startswith(".") for part in path.relative_to(top).parts):
                yield path
    yield from _dialects(house)


def _dialects(house: House) -> Iterator[Path]:
    """A receiver's names and codes, where they lie in the home too."""
    home, hidden = house.home.absolute(), (*GOES_IN, *SETTINGS)
    for one in sorted({one.mapping for one in house.config.delivery.endpoints if one.mapping}):
        path = Path(os.path.normpath(home / one))
        if path.is_relative_to(home) and path.relative_to(home).parts[0] not in hidden:
            yield house.home / path.relative_to(home)


def _check_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted * _SPARE:
        gib = 1024**3
        raise TryLater(f"{folder} 只余 {free / gib:.1f} GiB，备份约需 {wanted / gib:.1f} GiB")


class _Writer:
    """Adds files and remembers what they were."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, Member] = {}

    def add(self, name: str, path: Path, size: int | None = None) -> bool:
        """The first `size` bytes of a file, or all; False if it has not that many."""
        try:
            with path.open("rb") as file:
                there = os.fstat(file.fileno()).st_size
                wanted = there if size is None else size
                if there < wanted:
                    return False
                self._put(name, file, wanted)
        except FileNotFoundError:
            return False
        return True

    def add_bytes(self, name: str, content: bytes) -> None:
        self._put(name, io.BytesIO(content), len(content))

    def _put(self, name: str, file: IO[bytes], size: int) -> None:
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        hashed = _Hashed(file)
        self._tar.addfile(head, hashed)
        self.files[name] = Member(size=size, sha256=hashed.digest.hexdigest())


class _Hashed:
    """Reads on, and digests what it read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


def _act(house: House, actor: str, now: datetime, manifest: Manifest) -> Act:
    return Act(
        at=now,
        actor=actor,
        action="backup.make",
        object="installation",
        region=house.config.region,
        after=f"{len(manifest.files)} files, {len(manifest.missing)} missing",
    )
