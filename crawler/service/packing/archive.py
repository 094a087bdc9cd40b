"""The zip itself: stored, in one layout, nothing of the clock in it, so that the same content makes
the same bytes and every byte of it can be checked.
"""

import errno
import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from crawler.domain.errors import BadInput, reason_of
from crawler.store.evidence import on_disk

Role = Literal["evidence", "derived", "record", "document", "reader"]
EPOCH = (1980, 1, 1, 0, 0, 0)
# Without the 64-bit extension of zip: a pack travels on a memory stick, and one formatted as FAT32
# takes no file of 4 GiB; older unpackers stop there too.
_MOST_BYTES = 0xF000_0000
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}
_NO_FOLDER_SYNC = {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One file in a pack, as its manifest lists it."""

    path: str
    size: int
    sha256: str
    sm3: str
    role: Role
    capture: str = ""
    piece: str = ""


class _Zip(zipfile.ZipFile):
    def __del__(self) -> None:
        """A pack that was given up is not finished behind its back: its file is gone already."""


class Pack:
    """Takes members one after the other; memory stays flat however large they are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = _Zip(file, "w", zipfile.ZIP_STORED, allowZip64=False)
        self._size = 0
        self.members: list[Member] = []

    def put(
        self,
        path: str,
        content: bytes | Iterable[bytes],
        role: Role,
        *,
        capture: str = "",
        piece: str = "",
    ) -> Member:
        """Add one member; its digests are taken on the way."""
        blocks = (content,) if isinstance(content, bytes) else content
        sha, sm3, size = hashlib.sha256(), hashlib.new("sm3"), 0
        with self._zip.open(_info(path), "w") as out:
            for block in blocks:
                sha.update(block)
                sm3.update(block)
                size += len(block)
                self._count(len(block))
                out.write(block)
        member = Member(
            path=path, size=size, sha256=sha.hexdigest(), sm3=sm3.hexdigest(), role=role,
            capture=capture, piece=piece,
        )  # fmt: skip
        self.members.append(member)
        return member

    def close(self) -> None:
        """Write the directory; the pack is whole."""
        self._zip.close()

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > _MOST_BYTES:
            raise BadInput(
                "证据包超过 3.75 GiB（U 盘和旧解压软件的上限），没有写出；请按预警逐条导出"
            )


def evidence_root(members: Iterable[Member]) -> str:
    """One value for all evidence in a pack: SHA-256 over its sorted lines `digest  path`."""
    lines = sorted(f"{one.sha256}  {one.path}\n" for one in members if one.role == "evidence")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@contextmanager
def new_file(destination: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all; one that exists is never written over. What goes
    wrong with the destination is BadInput; any other error of the caller stays what it is.
    """
    folder = destination.parent
    with _told(destination):
        if os.path.lexists(destination):
            raise FileExistsError
        handle, name = tempfile.mkstemp(prefix=".xunwang-", suffix=".part", dir=folder)
    part = Path(name)
    try:
        with io.BufferedRandom(_Written(handle, folder)) as file:
            yield file
            with _told(destination):
                file.flush()
                os.fsync(file.fileno())
        with _told(destination):
            _stand(part, destination)
    finally:
        with suppress(OSError):  # a stick that was pulled out has nothing to take away
            part.unlink(missing_ok=True)


class _Written(io.FileIO):
    """A file whose failures to write are told as the destination's."""

    def __init__(self, handle: int, folder: Path) -> None:
        super().__init__(handle, "r+b")
        self._folder = folder

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise _unwritable(self._folder, error) from error


@contextmanager
def _told(destination: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise BadInput(f"{destination} 已存在，不覆盖") from None
    except OSError as error:
        raise _unwritable(destination.parent, error) from error


def _stand(part: Path, destination: Path) -> None:
    """Give the whole file its name, never another's; and the name survives a power cut."""
    try:
        os.link(part, destination)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _take_name(part, destination)
    try:
        on_disk(destination.parent)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            destination.unlink(missing_ok=True)
            raise


def _take_name(part: Path, destination: Path) -> None:
    """Where there are no hard links (FAT32, exFAT): claim the name, then move onto what is ours.
    No copy: a stick that just holds the pack has no room for two.
    """
    os.close(os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        part.replace(destination)
    except BaseException:
        destination.unlink(missing_ok=True)
        raise


def _unwritable(folder: Path, error: OSError) -> BadInput:
    if error.errno in _NO_ROOM:
        return BadInput(f"{folder} 空间不足，没有写出文件")
    return BadInput(f"无法写入 {folder}：{reason_of(error)}")


def _info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, EPOCH)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return info
