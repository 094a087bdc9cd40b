"""What a filing list may be and may point at: sizes, ports, addresses. Given by the caller."""

from collections.abc import Callable
from dataclasses import dataclass

from crawler.domain.address import Address, is_public

MIB = 1024 * 1024
PORTS = frozenset({80, 443, 8080, 8443})


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRules:
    """The limits of one import."""

    max_bytes: int = 1900 * MIB  # a file of 2 GB is no filing list
    max_whole_bytes: int = 256 * MIB  # what must be in memory at once: a workbook, one JSON text
    max_unpacked_bytes: int = 1024 * MIB
    max_shared_strings_bytes: int = 256 * MIB
    max_members: int = 2000
    max_ratio: int = 200
    child_memory_bytes: int = 3072 * MIB
    child_cpu_s: int = 600
    ports: frozenset[int] = PORTS
    allows: Callable[[Address], bool] = is_public
