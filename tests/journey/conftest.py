"""The house as its user has it: the made-up web, a receiver, the command line, real processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from crawler.store.database import open_database
from tests.servers.elsewhere import SERVER

XUNWANG = str(Path(sys.executable).parent / "xunwang")
SECRET = "whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw=="


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One home and the command line over it."""

    home: Path

    def run(self, *words: str, actor: str = "officer") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [XUNWANG, "--home", str(self.home), *words],
            env=os.environ | {"XUNWANG_ACTOR": actor},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def lines(self, *words: str) -> list[Any]:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ask(self, question: str) -> list[Any]:
        """What the store answers to a question in SQL, wherever it lies."""
        with closing(open_database(self._store)) as store, store.reading() as db:
            return [tuple(row) for row in db.execute(text(question))]

    def tell(self, statement: str) -> None:
        """A change in the store that no command makes."""
        with closing(open_database(self._store)) as store, store.transaction() as db:
            db.execute(text(statement))

    @property
    def _store(self) -> str:
        return f"sqlite:///{self.home / 'xunwang.db'}"

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [XUNWANG, "--home", str(self.home), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def service(module: str, *options: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", module, *options], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(file: Path) -> str:
    for _ in range(300):
        if file.exists() and file.read_text("utf-8"):
            return file.read_text("utf-8")
        time.sleep(0.1)
    raise AssertionError(f"{file} was never written")


@pytest.fixture(scope="session")
def made_up_web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The [crawl] settings that open the made-up web."""
    file = tmp_path_factory.mktemp("web") / "crawl.toml"
    with service("tests.site", "--settings", str(file)):
        yield wait_for(file)


@pytest.fixture(scope="session")
def searching(request: pytest.FixtureRequest) -> str:
    """The [search] settings: the embedded engine, or a real one where the store has none."""
    if SERVER not in os.environ:
        return ""
    url = request.getfixturevalue("elasticsearch_url")
    return f'[search]\nelasticsearch = "{url}"\nindex = "journeys"\n'


@pytest.fixture(scope="session")
def house(
    made_up_web: str, searching: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A house with a receiver that checks signatures."""
    home = tmp_path_factory.mktemp("house")
    ready, kept = home / "url", home / "received.jsonl"
    options = ("--secret", SECRET, "--ready-file", str(ready), "--keep", str(kept))
    with service("tests.receiver", *options):
        url = wait_for(ready).strip()
        endpoint = (
            f'[[delivery.endpoints]]\nname = "platform"\nurl = "{url}"\nsecret = "{SECRET}"\n'
        )
        settings = (
            f'region = "310118"\n{made_up_web}\n{searching}'
            f'[delivery]\nallow = ["127.0.0.0/8"]\n{endpoint}'
        )
        (home / "xunwang.toml").write_text(settings, "utf-8")
        yield Installation(home=home)


@pytest.fixture(scope="session")
def swept(house: Installation) -> Installation:
    """The house after one whole sweep of the bundled list."""
    done = house.run("sweep", "tests/site/filings.csv")
    assert done.returncode == 0, done.stderr
    return house
