"""Who the browser worker runs as: never root, in a folder of its own, and able to reach the program
that it is to run.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.domain.errors import GiveUp

_USERS = ("xunwang", "nobody")  # when none is configured; the first that exists
_REACH_S = 60.0
_SEARCHABLE_BY_OTHERS = 0o001


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A user for the worker, and the folder that is its home and holds its temporary files."""

    uid: int
    gid: int
    home: Path
    tmp: Path
    changes_user: bool  # False: we are nobody special, it runs as ourselves


def worker_identity(configured: str = "", parent_folder: Path | None = None) -> Identity:
    """As ourselves if we are not root; else as the configured user (name or number), or the first
    known unprivileged one. Makes the worker's folder; `remove_folder` when it is done.
    """
    changes = os.geteuid() == 0
    uid, gid = _user(configured) if changes else (os.geteuid(), os.getegid())
    if uid == 0:
        raise GiveUp("浏览器不能以 root 身份运行：请把 browser.user 设为普通用户")
    home = Path(tempfile.mkdtemp(prefix="xunwang-browser-", dir=parent_folder))
    tmp = home / "tmp"
    tmp.mkdir(mode=0o700)
    if changes:
        for folder in (tmp, home):
            os.chown(folder, uid, gid)
    return Identity(uid=uid, gid=gid, home=home, tmp=tmp, changes_user=changes)


def remove_folder(identity: Identity) -> None:
    """Take away what the worker left; what cannot be removed stays."""
    shutil.rmtree(identity.home, ignore_errors=True)


def spawn_options(identity: Identity) -> dict[str, Any]:
    """Keyword arguments for Popen: the user, a bare environment, a private umask, a session of its
    own. Standard streams are the caller's.
    """
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(identity.home),
        "TMPDIR": str(identity.tmp),
        "LANG": "C.UTF-8",
    }
    user: dict[str, Any] = {"user": identity.uid, "group": identity.gid, "extra_groups": []}
    return {
        "cwd": identity.tmp,
        "env": environment,
        "umask": 0o077,
        "start_new_session": True,
        **(user if identity.changes_user else {}),
    }


def reach_problem(identity: Identity, programs: Sequence[Path]) -> str:
    """Why that user cannot run one of these programs, in one line; empty if all can be run."""
    for program in programs:
        if not _runs(identity, program):
            return _explanation(identity, program)
    return ""


def _user(configured: str) -> tuple[int, int]:
    if configured.isdigit():
        return int(configured), int(configured)
    for name in (configured,) if configured else _USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise GiveUp(f"没有用户 {configured or _USERS[-1]}：请把 browser.user 设为一个普通用户")


def _runs(identity: Identity, program: Path) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_REACH_S,
            check=False,
            **spawn_options(identity),
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _explanation(identity: Identity, program: Path) -> str:
    """The first folder on the way that is closed to others is nearly always the reason."""
    resolved = program.resolve()
    for folder in (*reversed(resolved.parents), *reversed(program.absolute().parents)):
        if folder.is_dir() and not folder.stat().st_mode & _SEARCHABLE_BY_OTHERS:
            return (
                f"浏览器用户（uid {identity.uid}）无法运行 {program.name}："
                f"目录 {folder} 不对其他用户开放，请把程序装在公共位置，或 chmod o+x"
            )
    return f"浏览器用户（uid {identity.uid}）无法运行 {program}：程序缺失、损坏或没有执行权限"
