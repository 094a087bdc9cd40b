"""What every test stands on: a fixed clock, and sockets that reach only this machine."""

import ipaddress
import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings

from tests.builders import NOON

# a busy machine makes any example slow: bounds on time are tests of their own
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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
    yield
    socket.socket.connect = real  # type: ignore[method-assign]
