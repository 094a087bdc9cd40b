"""Writes the least compound file (OLE) that workbook readers open: old xls, and encrypted xlsx."""

import struct
from collections.abc import Mapping, Sequence

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with one FAT sector and every stream in full sectors (no mini stream)."""
    fat, body, entries = [_FAT], b"", [_entry("Root Entry", 5, _END, 0, child=1)]
    for place, (name, content) in enumerate(streams.items(), start=1):
        padded = content.ljust(max(4096, -(-len(content) // _SECTOR) * _SECTOR), b"\0")
        first, count = len(fat), len(padded) // _SECTOR
        fat += [*range(first + 1, first + count), _END]
        body += padded
        right = place + 1 if place < len(streams) else _FREE
        entries.append(_entry(name, 2, first, len(padded), right=right))
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * _SECTOR, b"\0")
    start = len(fat)
    count = len(directory) // _SECTOR
    fat += [*range(start + 1, start + count), _END]
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    return _header(start) + table + body + directory


def _header(directory: int) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, directory, 0, 4096, _END, 0, _END, 0)
    return head + struct.pack("<109I", 0, *[_FREE] * 108)


def _entry(
    name: str, kind: int, start: int, size: int, child: int = _FREE, right: int = _FREE
) -> bytes:
    coded = (name + "\0").encode("utf-16-le")
    links = struct.pack("<III", _FREE, right, child)
    head = coded.ljust(64, b"\0") + struct.pack("<HBB", len(coded), kind, 1) + links
    return head + bytes(36) + struct.pack("<IQ", start, size)


def xls(rows: Sequence[Sequence[str | float]]) -> bytes:
    """One sheet in BIFF8."""
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    sheet += b"".join(_cell(r, c, v) for r, row in enumerate(rows) for c, v in enumerate(row))
    sheet += _record(0x000A, b"")
    bound = len(begin) + 4 + 9 + 4
    named = _record(0x0085, struct.pack("<IBBBB", bound, 0, 0, 1, 0) + b"S")
    return compound_file({"Workbook": begin + named + _record(0x000A, b"") + sheet})


def _cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, float):
        return _record(0x0203, place + struct.pack("<d", value))
    return _record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content
