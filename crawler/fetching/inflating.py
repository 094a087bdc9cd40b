"""Taking content codings off a body: bounded in time and memory, keeping whatever can be read.
It never raises.
"""

import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import cast

import brotli
import zstandard
from isal import isal_zlib

from crawler.domain.capture import Flag

MOST_LAYERS = 3
MOST_RATIO = 100
ALWAYS_ROOM = 256 * 1024  # a small page of one repeated line is no bomb
LARGEST_WINDOW = 8 * 1024 * 1024  # for zstd; as browsers have it

_GZIP, _ZLIB, _RAW = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"
_PORTION = 16 * 1024
_SMALL_PORTION = 256  # one zstd block of four bytes can mean 128 KiB
_FAULTS = cast("tuple[type[Exception], ...]", (isal_zlib.error, ValueError))
_COMMA = re.compile(r"[,\s]+")


class Ending(Enum):
    """How one layer came off."""

    WHOLE = auto()
    CUT = auto()
    TOO_MUCH = auto()
    BROKEN = auto()


_FLAGS = {
    Ending.CUT: Flag.DECODE_TRUNCATED,
    Ending.TOO_MUCH: Flag.DECODE_LIMIT,
    Ending.BROKEN: Flag.DECODE_ERROR,
}


@dataclass(frozen=True, slots=True)
class Inflated:
    """What could be read, and what must be known about it."""

    body: bytes
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class _Layer:
    body: bytes
    ending: Ending


def inflate(payload: bytes, encodings: Iterable[str], cap: int) -> Inflated:
    """Undoes Content-Encoding, last layer first. Where a coding is unknown nothing is undone, as
    browsers do; where the bytes are not what the header says they stay as they are.
    """
    codings = [c for c in _COMMA.split(",".join(encodings).lower()) if c and c != "identity"]
    if not codings or not payload:
        return Inflated(payload)
    if any(coding not in _UNPACK for coding in codings):
        return Inflated(payload, (Flag.DECODE_ERROR,))
    body, flags = payload, []
    for coding in codings[::-1][:MOST_LAYERS]:
        layer = _UNPACK[coding](body, _room(body, cap))
        if layer.ending is not Ending.WHOLE:
            flags.append(_FLAGS[layer.ending])
        if layer.ending is Ending.BROKEN and not layer.body:
            break
        body = layer.body
    if len(codings) > MOST_LAYERS:
        flags.append(Flag.DECODE_LIMIT)
    return Inflated(body, tuple(dict.fromkeys(flags)))


def _room(body: bytes, cap: int) -> int:
    return min(cap, max(ALWAYS_ROOM, MOST_RATIO * len(body)))


def _bounded(body: bytes, room: int, *, whole: bool) -> _Layer:
    if len(body) > room:
        return _Layer(body[:room], Ending.TOO_MUCH)
    return _Layer(body, Ending.WHOLE if whole else Ending.CUT)


def _gzip(data: bytes, room: int) -> _Layer:
    """All members one after the other; what is none at the end is passed over."""
    layer, rest = _fast(data, room, _GZIP)
    out, at = bytearray(layer.body), len(data) - len(rest)
    while layer.ending is Ending.WHOLE and data.startswith(_GZIP_MAGIC, at):
        layer, size = _member(data, at, room - len(out))
        out += layer.body
        at += size
    return _Layer(bytes(out), layer.ending)


def _member(data: bytes, start: int, room: int) -> tuple[_Layer, int]:
    """One of many, with its size. It is fed in growing portions: what is not its own is copied."""
    decoder, out, at, portion = isal_zlib.decompressobj(_GZIP), bytearray(), start, _SMALL_PORTION
    try:
        while not decoder.eof and at < len(data) and len(out) <= room:
            piece = data[at : at + portion]
            out += decoder.decompress(piece, room + 1 - len(out))
            at += len(piece) - len(decoder.unused_data)
            portion *= 2
    except _FAULTS:
        return _salvaged(data[start:], room, _GZIP), 0
    return _bounded(bytes(out), room, whole=decoder.eof), at - start


def _deflate(data: bytes, room: int) -> _Layer:
    """With the zlib wrapper, or raw, as servers send it under one name."""
    layer, _ = _fast(data, room, _ZLIB)
    if layer.ending is Ending.BROKEN and not layer.body:
        return _fast(data, room, _RAW)[0]
    return layer


def _fast(data: bytes, room: int, wbits: int) -> tuple[_Layer, bytes]:
    decoder = isal_zlib.decompressobj(wbits)
    try:
        body = decoder.decompress(data, room + 1)
    except _FAULTS:
        return _salvaged(data, room, wbits), b""
    return _bounded(body, room, whole=decoder.eof), decoder.unused_data


def _salvaged(data: bytes, room: int, wbits: int) -> _Layer:
    """The same step by step, so that what came before the fault is not lost."""
    decoder, out = zlib.decompressobj(wbits), bytearray()
    for at in range(0, len(data), _PORTION):
        portion, spare = data[at : at + _PORTION], decoder.copy()
        try:
            out += decoder.decompress(portion, room - len(out) + 1)
        except zlib.error:
            return _Layer(bytes(out + _up_to_fault(spare, portion))[:room], Ending.BROKEN)
        if len(out) > room or decoder.eof:
            break
    return _bounded(bytes(out), room, whole=decoder.eof)


def _up_to_fault(decoder: "zlib._Decompress", portion: bytes) -> bytes:
    out = bytearray()
    try:
        for at in range(len(portion)):
            out += decoder.decompress(portion[at : at + 1])
    except zlib.error:
        pass
    return bytes(out)


def _brotli(data: bytes, room: int) -> _Layer:
    decoder, out, rest = brotli.Decompressor(), bytearray(), data
    try:
        while len(out) <= room and not decoder.is_finished():
            piece = decoder.process(rest, output_buffer_limit=room + 1 - len(out))
            out += piece
            rest = b""
            if not piece and decoder.can_accept_more_data():
                break
    except brotli.error:
        return _Layer(bytes(out[:room]), Ending.BROKEN)
    return _bounded(bytes(out), room, whole=decoder.is_finished())


def _zstd(data: bytes, room: int) -> _Layer:
    decoder = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
    out = bytearray()
    try:
        for at in range(0, len(data), _SMALL_PORTION):
            out += decoder.decompress(data[at : at + _SMALL_PORTION])
            if len(out) > room or decoder.eof:
                break
    except zstandard.ZstdError:
        return _Layer(bytes(out[:room]), Ending.BROKEN)
    return _bounded(bytes(out), room, whole=decoder.eof)


_UNPACK: dict[str, Callable[[bytes, int], _Layer]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "x-deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
