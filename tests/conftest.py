"""What every test stands on: a fixed clock, and sockets that reach only this machine."""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from crawler.domain.lexicon import Lexicon
from crawler.service import reaching
from crawler.service.wiring import LEXICONS
from lexicons.loading import load_lexicon
from tests import servers
from tests.builders import NOON
from tests.servers.elsewhere import SERVER
from tests.stores import migrate_copy

# a busy machine makes any example slow: bounds on time are tests of their own
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# a console that is made while this is set keeps to that width
os.environ.pop("COLUMNS", None)

# a program that tests start compiles a thousand modules, in most of its time, where none are kept
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# files that stand on one costly fixture of the session stay in one process. xdist's own groups are
# read from node ids that pytest 9.2 no longer lets it mark.
TOGETHER = {
    "test_a_list_becomes_warnings": "swept",
    "test_findings_are_told": "swept",
    "test_an_officer_carries_evidence": "swept",
    "test_what_leaves_the_list": "swept",  # last by name: it takes a site off the list
    "elastic": "elastic",
    "test_console_search": "elastic",  # where the store has no engine of its own
    "test_search_behind_tls": "guarded",
    "test_machines_share_a_sweep": "machines",  # one left in peace is what all are compared with
    "postgres": "postgres",
}


class ByFixture(LoadScopeScheduling):
    """A file stays in one process, so that its fixtures are made once; some share even more."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        group = next((group for part, group in TOGETHER.items() if part in nodeid), file)
        # where its store is in PostgreSQL, the swept house searches on the one Elasticsearch
        return "elastic" if group == "swept" and SERVER in os.environ else group


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByFixture(config, log)


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """A test that would touch the world fails where it tries."""
    real = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise PermissionError(f"a test tried to reach {host}")
        real(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    reaching.KNOWN = "127.0.0.1"  # c-ares asks name servers without Python's sockets
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def passwords_cost_little() -> Iterator[None]:
    """Tests sign in a thousand times; what a guess really costs is a test of its own."""
    with pytest.MonkeyPatch.context() as change:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        change.setattr("crawler.service.console.passwords.HASHER", cheap)
        yield


@pytest.fixture(autouse=True, scope="session")
def new_stores_are_copies() -> Iterator[None]:
    """In this process; the programs that tests start migrate theirs."""
    with pytest.MonkeyPatch.context() as change:
        change.setattr("crawler.service.wiring.migrate", migrate_copy)
        yield


@pytest.fixture(autouse=True, scope="session")
def desks_share_our_lists() -> Iterator[None]:
    """As long as a house has those that came with the program: reading them takes longest of all
    that makes a console or a command ready.
    """
    ours = cache(lambda: load_lexicon(LEXICONS))

    def shared(folder: Path) -> Lexicon:
        return ours() if folder.resolve() == LEXICONS.resolve() else load_lexicon(folder)

    with pytest.MonkeyPatch.context() as change:
        change.setattr("crawler.service.desks.load_lexicon", shared)
        yield


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    servers.needed("Elasticsearch")
    with servers.elasticsearch() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    servers.needed("PostgreSQL")
    with servers.postgres() as url:
        yield url
