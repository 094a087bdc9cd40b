"""Servers that some tests stand on; without `make test-all` those are skipped, with a line."""

from collections.abc import Iterator

import pytest

from tests import servers

SKIPPED = "needs a real {}: make test-all starts one"


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    if not servers.wanted():
        pytest.skip(SKIPPED.format("Elasticsearch"))
    with servers.elasticsearch() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if not servers.wanted():
        pytest.skip(SKIPPED.format("PostgreSQL"))
    with servers.postgres() as url:
        yield url
