"""A program behind a closed folder: the browser's user is shown it and nothing else."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.fetching.identity import Identity, remove_folder, worker_identity
from crawler.service.children import Program
from crawler.service.detour import detour_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can open the way"),
    pytest.mark.skipif(
        subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode
        != 0,
        reason="this machine gives no mount namespaces",
    ),
]


@pytest.fixture
def identity() -> Iterator[Identity]:
    identity = worker_identity()
    yield identity
    remove_folder(identity)


@pytest.fixture
def program(identity: Identity) -> Program:
    program, trouble = detour_for(identity, {})
    assert program is not None, trouble
    return program


def test_the_program_runs_there_as_nobody_special(identity: Identity, program: Program) -> None:
    said = answer(program, "import os, crawler; print(os.geteuid(), os.getgid(), crawler.__file__)")

    uid, gid, code = said.split()
    assert (int(uid), int(gid)) == (identity.uid, identity.gid)
    assert Path(code).is_relative_to(identity.home)


def test_what_is_closed_stays_closed(program: Program, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "secret").write_text("x")

    said = answer(program, f"import os; print(os.access({str(closed / 'secret')!r}, os.R_OK))")

    assert said == "False"


def test_the_way_is_seen_by_nobody_else(identity: Identity, program: Program) -> None:
    answer(program, "pass")

    assert list((identity.home / "program" / "code").iterdir()) == []


def test_without_the_tools_the_closed_folder_is_named(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("crawler.service.detour.reach_problem", lambda *_: "目录 /root 不开放")

    assert detour_for(identity, {}) == (None, "目录 /root 不开放")


def answer(program: Program, code: str) -> str:
    """What that Python says, in the environment the worker gets."""
    done = subprocess.run(
        [*program.command, "-c", code],
        env=dict(program.environment), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()
