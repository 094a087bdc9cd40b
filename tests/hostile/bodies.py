"""Answers whose length, framing, coding or type is not as it should be."""

import gzip
import zlib

import brotli
import zstandard

from crawler.domain.capture import Flag, Outcome
from tests.hostile.said import HTML, MARK, OK, PAGE, Said, Then, chunked, said, with_length

_LOSS = {"outcome": Outcome.PARTIAL, "flags": Flag.DATA_LOSS}
_BAD = {"outcome": Outcome.BAD_RESPONSE, "shown": False}
_CHUNKED = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
_LONG = PAGE + b"<p>more</p>" * 200
_WIDE = f"<html><body><p>{MARK}</p>{'<p>年化</p>' * 300}".encode()
_GBK = _WIDE.decode().encode("gb18030")


def _coded(coding: bytes, body: bytes, head: bytes = OK + HTML) -> bytes:
    return with_length(head + b"Content-Encoding: " + coding + b"\r\n", body)


def _length(value: bytes, body: bytes = PAGE) -> bytes:
    return OK + HTML + b"Content-Length: " + value + b"\r\n\r\n" + body


def _typed(value: bytes, body: bytes = PAGE) -> bytes:
    return with_length(OK + b"Content-Type: " + value + b"\r\n", body)


def _layers(count: int) -> bytes:
    body = PAGE
    for _ in range(count):
        body = gzip.compress(body)
    return body


_GZIP = gzip.compress(_LONG)
_BOMB = gzip.compress(PAGE + b"\0" * 30_000_000)

LENGTHS: tuple[Said, ...] = (
    said("length-negative", _length(b"-5"), fault="W22"),
    said("length-word", _length(b"abc"), fault="W22"),
    said("length-empty", _length(b""), fault="W22"),
    said("length-20-digits", _length(b"99999999999999999999"), fault="W22"),
    said("length-plus", _length(b"+%d" % len(PAGE)), fault="W22"),
    said("length-twice", _length(b"%d\r\nContent-Length: %d" % (len(PAGE), len(PAGE))),
         fault="W22"),
    said("length-list", _length(b"%d, %d" % (len(PAGE), len(PAGE))), fault="W22"),
    said("length-conflict", _length(b"%d\r\nContent-Length: 9" % len(PAGE)), **_BAD, fault="W22"),
    said("length-short-of-body", with_length(OK + HTML) + b"<p>behind</p>"),
    said("length-beyond-body", _length(b"5000"), **_LOSS, fault="W13"),
    said("length-beyond-reset", _length(b"5000"), then=Then.RESET, **_LOSS, fault="W13"),
    said("length-beyond-held", _length(b"5000", _LONG), then=Then.HOLD, outcome=Outcome.PARTIAL,
         flags=Flag.TIME_LIMIT, fault="W13"),
    said("no-length-closed", OK + HTML + b"\r\n" + PAGE),
    said("no-length-held", OK + HTML + b"\r\n" + _LONG, then=Then.HOLD, outcome=Outcome.PARTIAL,
         flags=Flag.TIME_LIMIT),
    said("length-0-and-body", _length(b"0"), outcome=Outcome.EMPTY, read=False, shown=False),
    said("endless-body", OK + HTML + b"\r\n" + PAGE, tail=b"<p>x</p>" * 4000,
         outcome=Outcome.PARTIAL, flags=Flag.SIZE_LIMIT, fault="W15"),
    said("endless-chunks", _CHUNKED, chunked(PAGE, ends=b""),
         tail=chunked(b"<p>x</p>" * 4000, ends=b""), outcome=Outcome.PARTIAL, flags=Flag.SIZE_LIMIT,
         fault="W15"),
    said("length-60-mb", _length(b"60000000"), tail=b"<p>x</p>" * 4000, outcome=Outcome.PARTIAL,
         flags=Flag.SIZE_LIMIT, fault="W16"),
    said("length-terabyte", _length(b"1000000000000"), tail=b"<p>x</p>" * 4000,
         outcome=Outcome.PARTIAL, flags=Flag.SIZE_LIMIT, fault="W16"),
)  # fmt: skip

CHUNKS: tuple[Said, ...] = (
    said("chunked", _CHUNKED + chunked(PAGE)),
    said("chunks-of-one", _CHUNKED + chunked(*(PAGE[n : n + 1] for n in range(len(PAGE))))),
    said("chunk-extension", _CHUNKED + b"%x ; a=b\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
    said("chunk-lf", _CHUNKED + b"%x\n%b\n0\n\n" % (len(PAGE), PAGE)),
    said("chunk-upper-hex", _CHUNKED + b"%X\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
    said("chunk-leading-zeros", _CHUNKED + b"0000%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
    said("chunk-trailing-spaces", _CHUNKED + b"%x  \r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
    said("chunk-trailer", _CHUNKED + chunked(PAGE, ends=b"0\r\nX-Sum: 1\r\n\r\n")),
    said("chunk-no-last-blank", _CHUNKED + chunked(PAGE, ends=b"0\r\n")),
    said("chunk-no-last", _CHUNKED + chunked(PAGE, ends=b""), **_LOSS, fault="W14"),
    said("chunk-size-bad", _CHUNKED + chunked(PAGE, ends=b"zz\r\nx"), **_LOSS, fault="W14"),
    said("chunk-size-bad-later", _CHUNKED + chunked(PAGE, ends=b""), b"zz\r\nx", then=Then.HOLD,
         **_LOSS, fault="W14"),
    said("chunk-size-huge", _CHUNKED + chunked(PAGE, ends=b"fffffffffffffffffff\r\nx"), **_LOSS,
         fault="W14"),
    said("chunk-size-negative", _CHUNKED + chunked(PAGE, ends=b"-5\r\nx"), **_LOSS, fault="W14"),
    said("chunk-closed-inside", _CHUNKED + b"ffff\r\n" + PAGE, **_LOSS, fault="W14"),
    said("chunk-reset-inside", _CHUNKED + b"ffff\r\n" + PAGE, then=Then.RESET, **_LOSS,
         fault="W14"),
    said("chunk-gap-missing", _CHUNKED + b"%x\r\n%bxx\r\n" % (len(PAGE), PAGE), **_LOSS,
         fault="W14"),
    said("chunked-with-length", OK + HTML + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
         b"\r\n" + chunked(PAGE)),
    said("chunked-upper-case", OK + HTML + b"transfer-encoding: CHUNKED\r\n\r\n" + chunked(PAGE)),
    said("chunked-in-1.0", b"HTTP/1.0 200 OK\r\n" + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
         + chunked(PAGE)),
    said("identity", OK + HTML + b"Transfer-Encoding: identity\r\n\r\n" + PAGE),
    said("transfer-nonsense", OK + HTML + b"Transfer-Encoding: xchunked\r\n\r\n" + PAGE),
    said("chunked-said-only", _CHUNKED + PAGE, outcome=Outcome.EMPTY, flags=Flag.DATA_LOSS,
         read=False, shown=False),
)  # fmt: skip

CODINGS: tuple[Said, ...] = (
    said("gzip", _coded(b"gzip", _GZIP)),
    said("gzip-chunked", OK + HTML + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
         + chunked(_GZIP[:9], _GZIP[9:])),
    said("x-gzip", _coded(b"x-gzip", _GZIP)),
    said("deflate", _coded(b"deflate", zlib.compress(_LONG))),
    said("deflate-raw", _coded(b"deflate", zlib.compress(_LONG)[2:-4])),
    said("brotli", _coded(b"br", brotli.compress(_LONG))),
    said("zstd", _coded(b"zstd", zstandard.ZstdCompressor().compress(_LONG))),
    said("gzip-twice", _coded(b"gzip, gzip", _layers(2))),
    said("gzip-60-times", _coded(b", ".join([b"gzip"] * 60), _layers(60)),
         outcome=Outcome.NOT_HTML, flags=Flag.DECODE_LIMIT, read=False, fault="W09"),
    said("gzip-false", _coded(b"gzip", PAGE), outcome=Outcome.PARTIAL, flags=Flag.DECODE_ERROR,
         shown=False, fault="W10"),
    said("brotli-false", _coded(b"br", PAGE), outcome=Outcome.PARTIAL, flags=Flag.DECODE_ERROR,
         shown=False, fault="W10"),
    said("gzip-cut", _coded(b"gzip", gzip.compress(_WIDE, 0)[:-900]), outcome=Outcome.PARTIAL,
         flags=Flag.DECODE_TRUNCATED, fault="W11"),
    said("brotli-cut", _coded(b"br", brotli.compress(_WIDE, quality=0)[:-4]),
         outcome=Outcome.PARTIAL, flags=Flag.DECODE_TRUNCATED, fault="W11"),
    said("gzip-wrong-sum", _coded(b"gzip", _GZIP[:-8] + bytes(8)), outcome=Outcome.PARTIAL,
         flags=Flag.DECODE_ERROR),
    said("gzip-rubbish-behind", _coded(b"gzip", _GZIP + b"rubbish")),
    said("gzip-empty", _coded(b"gzip", b""), outcome=Outcome.EMPTY, read=False, shown=False),
    said("coding-unknown", _coded(b"evil", PAGE), outcome=Outcome.PARTIAL, flags=Flag.DECODE_ERROR,
         fault="W12"),
    said("coding-utf-8", _coded(b"utf-8", PAGE), outcome=Outcome.PARTIAL, flags=Flag.DECODE_ERROR,
         fault="W12"),
    said("coding-empty", _coded(b"", PAGE)),
    said("bomb-gzip", _coded(b"gzip", _BOMB), outcome=Outcome.PARTIAL, flags=Flag.DECODE_LIMIT,
         fault="W08"),
    said("bomb-brotli", _coded(b"br", brotli.compress(PAGE + b"\0" * 30_000_000, quality=1)),
         outcome=Outcome.PARTIAL, flags=Flag.DECODE_LIMIT, fault="W08"),
)  # fmt: skip

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
_SVG = b"<svg xmlns='http://www.w3.org/2000/svg' height='50'><text y='20'>%b</text></svg>"
_ATTACHED = b"text/html\r\nContent-Disposition: attachment; filename="

TYPES: tuple[Said, ...] = (
    said("type-missing", with_length(OK, PAGE)),
    said("type-nonsense", _typed(b"nonsense")),
    said("type-png-but-html", _typed(b"image/png"), shown=False, fault="W36"),
    said("type-octets-but-html", _typed(b"application/octet-stream"), shown=False, fault="W36"),
    said("type-html-but-png", _typed(b"text/html", _PNG), outcome=Outcome.NOT_HTML, read=False,
         shown=False, fault="W36"),
    said("type-png", _typed(b"image/png", _PNG), outcome=Outcome.NOT_HTML, read=False, shown=False),
    said("type-pdf", _typed(b"application/pdf", b"%PDF-1.4 x"), outcome=Outcome.NOT_HTML,
         read=False, shown=False),
    said("type-json", _typed(b"application/json", b'{"a": "' + MARK.encode() + b'"}'),
         outcome=Outcome.NOT_HTML, read=False),
    said("type-plain", _typed(b"text/plain; charset=utf-8", MARK.encode())),
    said("type-xhtml", _typed(b"application/xhtml+xml",
         b'<html xmlns="http://www.w3.org/1999/xhtml">' + PAGE.removeprefix(b"<html>"))),
    said("type-svg", _typed(b"image/svg+xml", _SVG % MARK.encode())),
    said("type-svg-as-html", _typed(b"text/html", _SVG % MARK.encode())),
    said("type-xml", _typed(b"application/xml", b"<?xml version='1.0'?><a>%b</a>" % MARK.encode())),
    said("attachment", _typed(_ATTACHED + b'"../../x"'), outcome=Outcome.DOWNLOAD, shown=False,
         fault="W40"),
    said("attachment-long-name", _typed(_ATTACHED + b"x" * 300), outcome=Outcome.DOWNLOAD,
         shown=False, fault="W40"),
    said("attachment-device", _typed(_ATTACHED + b"con.txt"), outcome=Outcome.DOWNLOAD,
         shown=False, fault="W40"),
    said("inline-disposition", _typed(b"text/html\r\nContent-Disposition: inline")),
    said("nosniff-plain", _typed(b"text/plain\r\nX-Content-Type-Options: nosniff")),
    said("blank-page", _typed(b"text/html", b" \r\n "), outcome=Outcome.EMPTY, read=False,
         shown=False),
    said("nul-in-page", _typed(b"text/html", b"<p>a\0b</p>" + PAGE), fault="W29"),
    said("page-of-nuls-first", _typed(b"text/html", bytes(300) + PAGE), fault="W29"),
    *(said(f"charset-{label}", _typed(b"text/html; charset=" + label.encode(), _GBK),
           fault="W25" if label in ("rot13", "base64", "hex", "bz2", "punycode") else "W26")
      for label in ("rot13", "base64", "hex", "bz2", "punycode", "unicode_escape", "utf-32", "hz",
                    "utf-7")),
    said("charset-false-utf8", _typed(b"text/html; charset=utf-8", _GBK), shown=False,
         fault="W27"),
    said("charset-false-gbk", _typed(b"text/html; charset=gbk", _WIDE), shown=False, fault="W27"),
)  # fmt: skip
