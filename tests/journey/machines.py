"""Several machines on one real PostgreSQL: a home each, one made-up web, one object store."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests import servers
from tests.journey.conftest import XUNWANG, Installation
from tests.servers import told

LEASE_S = 6


@dataclass(frozen=True, kw_only=True)
class Server:
    """A database server that a test may restart."""

    address: str

    def database(self, name: str) -> str:
        """The address of a new, empty one."""
        with psycopg.connect(**self._place("xunwang"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made = make_url(self.address).set(database=name)
        return made.render_as_string(hide_password=False)

    def ask(self, name: str, question: str) -> list[Any]:
        """What is committed there now."""
        with psycopg.connect(**self._place(name)) as connection:
            return connection.execute(question.encode()).fetchall()

    def tell(self, name: str, statement: str) -> None:
        """A change that no command makes."""
        with psycopg.connect(**self._place(name)) as connection:
            connection.execute(statement.encode())

    def restart(self) -> None:
        """Stopped hard, every connection cut; recovers from its journal."""
        folder = servers.postgres_folder(make_url(self.address).port or 0)
        told("postgres-server", "restart", str(folder), seconds=120)

    def _place(self, name: str) -> dict[str, Any]:
        at = make_url(self.address)
        return {"host": at.host, "port": at.port, "user": at.username, "dbname": name}


@contextmanager
def a_server() -> Iterator[Server]:
    with servers.postgres() as address:
        yield Server(address=address)


def a_machine(home: Path, database: str, crawl: str, *, slots: int = 3) -> Installation:
    """Its settings are those of all the others; its evidence lies at home until it is sealed."""
    home.mkdir()
    objects = f"file://{home.parent / 'objects'}"
    (home / "xunwang.toml").write_text(
        f'region = "310118"\n{crawl}patient = false\nfetchers = 1\nslots = {slots}\n'
        f"lease_s = {LEASE_S}\n"
        f'[store]\ndatabase = "{database}"\nobjects = "{objects}"\n',
        "utf-8",
    )
    return Installation(home=home)


def started(machine: Installation, *words: str) -> "subprocess.Popen[bytes]":
    """What it complains of lies in its home."""
    with (machine.home / "complaints").open("wb") as complaints:
        return subprocess.Popen(
            [XUNWANG, "--home", str(machine.home), *words],
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )


def until(true: Callable[[], object], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.02)


def below(pid: int) -> list[int]:
    """Its children, and theirs."""
    try:
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    except OSError:
        return []
    return [one for child in map(int, said.split()) for one in (child, *below(child))]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
