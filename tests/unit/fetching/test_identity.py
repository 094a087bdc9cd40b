import os
import subprocess
from pathlib import Path

import pytest

from crawler.domain.errors import GiveUp
from crawler.fetching.identity import (
    Identity,
    reach_problem,
    remove_folder,
    spawn_options,
    worker_identity,
)

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")


def test_the_worker_is_never_root_and_has_a_folder_of_its_own() -> None:
    identity = worker_identity()

    assert identity.uid != 0
    assert identity.tmp.stat().st_mode & 0o777 == 0o700
    assert identity.home.stat().st_uid == identity.uid
    remove_folder(identity)
    assert not identity.home.exists()


@root
def test_root_as_the_browsers_user_is_refused() -> None:
    with pytest.raises(GiveUp, match=r"browser\.user"):
        worker_identity("root")


@root
def test_an_unknown_user_is_named() -> None:
    with pytest.raises(GiveUp, match="nosuchuser"):
        worker_identity("nosuchuser")


@root
def test_a_number_will_do_as_a_user() -> None:
    identity = worker_identity("62011")

    assert (identity.uid, identity.gid) == (62_011, 62_011)
    remove_folder(identity)


def test_a_child_gets_nothing_of_our_environment() -> None:
    identity = worker_identity()

    environment = said_by(identity, "/usr/bin/env").splitlines()
    who_and_where = said_by(identity, "/bin/sh", "-c", "id -u; pwd")

    assert {one.partition("=")[0] for one in environment} == {"HOME", "LANG", "PATH", "TMPDIR"}
    assert who_and_where.split() == [str(identity.uid), str(identity.tmp)]
    remove_folder(identity)


def test_a_program_that_runs_is_no_problem() -> None:
    identity = worker_identity()

    assert reach_problem(identity, [Path("/bin/true")]) == ""
    remove_folder(identity)


@root
def test_a_program_behind_a_closed_door_is_explained_in_one_line(tmp_path: Path) -> None:
    identity = worker_identity()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "python"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    problem = reach_problem(identity, [program])

    assert "不对其他用户开放" in problem
    assert "\n" not in problem
    remove_folder(identity)


def test_a_missing_program_is_said_to_be_missing() -> None:
    here = Identity(uid=1, gid=1, home=Path("/"), tmp=Path("/"), changes_user=False)

    assert "缺失" in reach_problem(here, [Path("/usr/bin/nosuchprogram")])


def said_by(identity: Identity, *command: str) -> str:
    """By a program that every user reaches: our own Python may lie behind a closed folder."""
    return subprocess.run(
        command, capture_output=True, text=True, check=True, **spawn_options(identity)
    ).stdout
