"""Sealed segments in an object store: each is one object, created once and never overwritten.

Any S3 by its settings; `file:///…` works too. Object lock (retention, legal hold) is the bucket's
own setting: whoever may delete there is decided there, not here.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore, S3Store, from_url

from crawler.domain.errors import BadInput, NotAllowed, TryLater
from crawler.store.evidence import file_digest

_PIECE = 4 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectSettings:
    """Where objects go: `s3://bucket/prefix`, and for S3 who we are."""

    url: str
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""
    timeout_s: float = 60.0


class OtherObject(BadInput):
    """There is an object of that name with other bytes, and it stays."""


class Objects:
    """An object store, seen as a place for files that never change."""

    def __init__(self, settings: ObjectSettings) -> None:
        self.address = settings.url
        with _told():
            self._store = _store(settings)

    def put(self, file: Path, sha256: str) -> None:
        """Create one object. There already with the same bytes: fine; else OtherObject."""
        try:
            with _told():
                # one request, so that there is never half of it
                obstore.put(self._store, file.name, file, mode="create", use_multipart=False)
        except FileExistsError:
            if self.digest(file.name) != sha256:
                raise OtherObject(f"对象存储里已有同名而内容不同的 {file.name}") from None

    def digest(self, name: str) -> str:
        """SHA-256 of an object as it lies there, in flat memory."""
        made = hashlib.sha256()
        with _told():
            for piece in obstore.get(self._store, name).stream(min_chunk_size=_PIECE):
                made.update(piece)
        return made.hexdigest()

    def fetch(self, name: str, folder: Path, sha256: str) -> None:
        """Bring one back, whole and checked, or not at all; BadInput if it is not what it was."""
        part = folder / f"{name}.part"
        try:
            with _told(), part.open("wb") as out:
                for piece in obstore.get(self._store, name).stream(min_chunk_size=_PIECE):
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            if file_digest(part) != sha256:
                raise BadInput(f"对象存储里的 {name} 与登记的摘要不符")
            part.chmod(0o400)
            part.replace(folder / name)
        finally:
            part.unlink(missing_ok=True)


def _store(settings: ObjectSettings) -> ObjectStore:
    if not settings.url.startswith("s3://"):
        return from_url(settings.url)
    plain = settings.endpoint.startswith("http://")
    config: dict[str, Any] = {"region": settings.region or "us-east-1"}
    if settings.endpoint:
        config["endpoint"] = settings.endpoint
    if settings.access_key:
        config["access_key_id"] = settings.access_key
        config["secret_access_key"] = settings.secret_key
    return S3Store.from_url(
        settings.url,
        **config,
        client_options={"allow_http": plain, "timeout": f"{settings.timeout_s:.0f}s"},
        retry_config={"max_retries": 2},
    )


@contextmanager
def _told() -> Iterator[None]:
    """One plain line; FileExistsError stays what it is."""
    try:
        yield
    except AlreadyExistsError as error:
        raise FileExistsError from error
    except (NotFoundError, FileNotFoundError) as error:  # it raises either
        raise BadInput("对象存储里没有这个桶或对象") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise NotAllowed("对象存储拒绝了这个密钥") from error
    except BaseError as error:
        raise TryLater(f"对象存储暂不可用：{str(error).splitlines()[0][:200]}") from error
