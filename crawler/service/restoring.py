"""A backup becomes an installation again: read with suspicion into a folder beside, every file
compared with the manifest, and only then moved into an empty home.
"""

import hashlib
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from alerts.delivering import pause
from crawler.domain.audit import Act
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput, TryLater, reason_of
from crawler.service.backing_up import EVIDENCE, FORMAT, MANIFEST, STORE, Manifest, Member
from crawler.store.audit import note
from crawler.store.database import Database, migrate, open_database
from crawler.store.evidence import SUFFIX, on_disk
from crawler.store.snapshots import (
    endpoints_with_waiting,
    segment_lengths,
    settle_copy,
    standing_of,
)

PART, OVER = "restore.part", "restore.over"
WHOLE = "WHOLE"  # all is read, checked and settled: only moving is left
MOST_FILES, MOST_MANIFEST = 10_000_000, 2 * 1024**3
PAUSED = "从备份恢复：请与接收方核对后再继续（xunwang deliveries resume）"
_SAFE = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[^/\x00-\x1f\\][^\x00-\x1f\\]{0,240}")
_BLOCK = 1024 * 1024
_OURS = {WHOLE, f"{WHOLE}.part", PART, OVER}
_KEPT_AS_IT_IS = {"xunwang.toml"}  # ops may have put settings of this host there before


def read_backup(archive: Path) -> Manifest:
    """Every file compared with the manifest, nothing written; BadInput names what is wrong."""
    with _members(archive, "r|") as members:
        manifest, found = _taken(members, None)
    _compare(manifest, found)
    return manifest


def restore(archive: Path, home: Path, actor: str, now: datetime, region: str) -> Manifest:
    """Into a home that holds no installation. A restore that broke off is begun anew, or moved in
    where all of this backup was there already; until one has come to its end, no command works
    there.
    """
    part = home / PART
    try:
        if (part / WHOLE).exists():
            manifest = _same(part, archive)
        else:
            manifest = _unpacked(archive, part, actor, now, region)
        _move_in(part, home)
    except OSError as error:
        raise TryLater(f"恢复没有完成：{reason_of(error)}；请重新执行") from error
    return manifest


def _same(part: Path, archive: Path) -> Manifest:
    """What lies there whole, if it came from this archive."""
    manifest = msgspec.json.decode((part / WHOLE).read_bytes(), type=Manifest)
    with _members(archive, "r:") as members:
        given = next((_manifest(tar, one) for name, one, tar in members if name == MANIFEST), None)
    if given != manifest:
        made = f"{manifest.made_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
        raise BadInput(
            f"{part.parent} 里有一次没有完成的恢复，用的是 {made} 的备份，不是 {archive}："
            "请用原来的文件接着恢复，或恢复到另一个空目录"
        )
    return manifest


def _unpacked(archive: Path, part: Path, actor: str, now: datetime, region: str) -> Manifest:
    _check_empty(part.parent)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    with _members(archive, "r|") as members:
        manifest, found = _taken(members, part)
    _compare(manifest, found)
    _settle(part, manifest, actor, now, region)
    for path in part.rglob("*"):
        if not path.is_symlink():
            on_disk(path)
    on_disk(part)
    whole = part / f"{WHOLE}.part"
    whole.write_bytes(msgspec.json.encode(manifest))
    on_disk(whole)
    whole.replace(part / WHOLE)
    on_disk(part)
    return manifest


def _check_empty(home: Path) -> None:
    evidence = home / "evidence"
    if (home / STORE).exists() or any(evidence.rglob(f"*{SUFFIX}*")):
        raise BadInput(f"{home} 已有数据，只能恢复到空的数据目录")
    if evidence.is_symlink() or evidence.is_mount():
        raise BadInput(f"{evidence} 是链接或挂载点，放不进去：先移开，恢复后再换")


@contextmanager
def _members(
    archive: Path, how: Literal["r|", "r:"]
) -> Iterator[Iterator[tuple[str, tarfile.TarInfo, tarfile.TarFile]]]:
    try:
        with tarfile.open(archive, how) as tar:
            yield ((_checked(one), one, tar) for one in tar)
    except FileNotFoundError:
        raise BadInput(f"备份文件 {archive} 不存在") from None
    except (tarfile.ReadError, EOFError):
        raise BadInput(f"{archive} 不是完整的备份：提前结束，或不是 tar 文件") from None
    except (tarfile.TarError, UnicodeError) as error:
        raise BadInput(f"{archive} 不是完整的备份：{error}") from None


def _checked(one: tarfile.TarInfo) -> str:
    top = one.name.partition("/")[0]
    if not one.isreg() or not _SAFE.fullmatch(one.name) or top in _OURS:
        raise BadInput(f"备份里有不该有的内容：{one.name[:80]!r}")
    return one.name


def _taken(
    members: Iterator[tuple[str, tarfile.TarInfo, tarfile.TarFile]], part: Path | None
) -> tuple[Manifest, dict[str, Member]]:
    found: dict[str, Member] = {}
    manifest = None
    for name, head, tar in members:
        if manifest is not None or name in found or len(found) > MOST_FILES:
            raise BadInput(f"备份里有不该有的内容：{name[:80]!r}")
        if name == MANIFEST:
            manifest = _manifest(tar, head)
        else:
            found[name] = _copied(tar, head, part / name if part else None)
    if manifest is None:
        raise BadInput("备份不完整：没有清单，写到一半就断了")
    return manifest, found


def _manifest(tar: tarfile.TarFile, head: tarfile.TarInfo) -> Manifest:
    file = tar.extractfile(head)
    if file is None or head.size > MOST_MANIFEST:
        raise BadInput("备份的清单无法读取")
    try:
        manifest = msgspec.json.decode(file.read(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise BadInput(f"备份的清单无法读取：{error}") from None
    if manifest.format != FORMAT:
        raise BadInput(f"备份的格式 {manifest.format} 不是本版本能读的")
    return manifest


def _copied(tar: tarfile.TarFile, head: tarfile.TarInfo, target: Path | None) -> Member:
    source, digest, size = tar.extractfile(head), hashlib.sha256(), 0
    assert source is not None
    if target is not None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = target.open("xb") if target else None
    try:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if file:
                file.write(block)
    finally:
        if file:
            file.close()
    return Member(size=size, sha256=digest.hexdigest())


def _compare(manifest: Manifest, found: dict[str, Member]) -> None:
    wrong = [name for name, member in manifest.files.items() if found.get(name) != member]
    more = found.keys() - manifest.files.keys()
    if wrong or more:
        name = sorted(wrong or more)[0]
        raise BadInput(f"备份已损坏：{name} 与清单不符（共 {len(wrong) + len(more)} 个文件）")


def _settle(part: Path, manifest: Manifest, actor: str, now: datetime, region: str) -> None:
    database = open_database(f"sqlite:///{(part / STORE).absolute()}")
    try:
        with database.reading() as db:
            standing, lengths = standing_of(db), segment_lengths(db)
        if msgspec.to_builtins(standing) != manifest.standing:
            raise BadInput("备份里的数据库与清单不符")
        migrate(database)
        with database.transaction() as db:
            settle_copy(db, now)
            note(db, _act(actor, now, manifest, region))
        _pause_all(database, now, actor)
    finally:
        database.close()
    for name, (_, sealed) in lengths.items():
        path = part / EVIDENCE / name
        if sealed and path.exists():
            path.chmod(0o400)
    for name, goal in manifest.links.items():
        if _SAFE.fullmatch(name) and "/" not in goal and goal not in (".", ".."):
            (part / name).symlink_to(goal)


def _pause_all(database: Database, now: datetime, actor: str) -> None:
    """What waited then may have been sent since: nothing leaves before somebody has looked."""
    with database.reading() as db:
        names = endpoints_with_waiting(db)
    for name in names:
        pause(database, name, actor, now, PAUSED)


def _move_in(part: Path, home: Path) -> None:
    """The store last: while it is not there, the home is none."""
    for path in sorted(part.iterdir(), key=lambda one: one.name == STORE):
        if path.name == WHOLE:
            continue
        target = home / path.name
        if path.name in _KEPT_AS_IT_IS and target.exists():
            continue
        if target.is_dir():
            shutil.rmtree(target)
        path.replace(target)
        on_disk(home)
    over = part.with_name(OVER)  # at once: what is left of the part would pass for a broken one
    shutil.rmtree(over, ignore_errors=True)
    part.replace(over)
    shutil.rmtree(over, ignore_errors=True)


def _act(actor: str, now: datetime, manifest: Manifest, region: str) -> Act:
    return Act(
        at=now,
        actor=actor,
        action="backup.restore",
        object="installation",
        region=region,
        after=f"made {manifest.made_at.isoformat()}, {len(manifest.files)} files",
    )
