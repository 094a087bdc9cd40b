"""What a site does with a request: shows a page, or misbehaves in one particular way.

Each behaviour is one coroutine. What it writes is what goes over the wire, faults included.
"""

import asyncio
import gzip
import mimetypes
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.site.names import Name

PAGES = Path(__file__).parent / "pages"
_PHRASES = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Error",
}
_HTML = "text/html; charset=utf-8"
HOOK = "<p>稳健理财计划，预期年化收益率 12%，保本保息，到期还本付息，1000 元起投。</p>"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as a behaviour sees it."""

    name: "Name"
    host: str
    path: str
    headers: dict[str, str]
    write: Callable[[bytes], Awaitable[None]]
    sentinel: int


def head(status: int, **fields: str | int) -> bytes:
    """A status line and header lines; `content_length=3` becomes `Content-Length: 3`."""
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}", "Server: nginx/1.20.1"]
    lines += [f"{key.replace('_', '-').title()}: {value}" for key, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def answer(call: Call, status: int, body: bytes, **fields: str | int) -> bool:
    """A correct answer; the connection stays open."""
    if "gzip" in call.headers.get("accept-encoding", "") and len(body) > 1024:
        body = gzip.compress(body, 6, mtime=0)
        fields["content_encoding"] = "gzip"
    await call.write(head(status, **fields, content_length=len(body)) + body)
    return True


async def page(call: Call) -> bool:
    """The file of this name, else a 404 of the server's own."""
    file = _file(call)
    if file is None:
        return await missing(call)
    body = file.read_bytes()
    if file.suffix != ".html":
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return await answer(call, 200, body, content_type=kind)
    text = body.decode().encode(call.name.charset, "replace")
    return await answer(call, 200, text, content_type=call.name.content_type)


async def two_faced(call: Call) -> bool:
    """The page for the desktop; who comes from inside WeChat is shown another."""
    inside = "MicroMessenger" in call.headers.get("user-agent", "")
    home = call.path.split("?")[0] == "/"
    return await page(replace(call, path="/wechat.html") if inside and home else call)


def _file(call: Call) -> Path | None:
    folder = PAGES / call.name.folder
    wanted = call.path.split("?")[0].split("#")[0].strip("/") or "index.html"
    file = (folder / wanted).resolve()
    file = file / "index.html" if file.is_dir() else file
    return file if file.is_relative_to(folder) and file.is_file() else None


async def missing(call: Call) -> bool:
    """404, as nginx says it."""
    text = b"<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1>"
    return await answer(call, 404, text + b"<hr>nginx/1.20.1</center>", content_type="text/html")


async def broken(call: Call) -> bool:
    """500 with a page of a broken shop system."""
    text = "<title>系统发生错误</title><h1>:( 页面错误！请稍后再试～</h1><p>数据库连接失败</p>"
    return await answer(call, 500, text.encode(), content_type=_HTML)


async def busy(call: Call) -> bool:
    """429 for everybody."""
    return await answer(call, 429, b"too many requests", content_type="text/plain", retry_after=60)


async def download(call: Call) -> bool:
    """A homepage that is an app to install."""
    name = 'attachment; filename="../app-release.apk"'
    kind = "application/vnd.android.package-archive"
    return await answer(
        call, 200, b"PK\x03\x04" + bytes(4096), content_type=kind, content_disposition=name
    )


async def paper(call: Call) -> bool:
    """A homepage that is a document."""
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n"
    return await answer(call, 200, body, content_type="application/pdf")


async def silent(call: Call) -> bool:
    """Took the request, says nothing, for as long as anybody waits."""
    await asyncio.Event().wait()
    return False


async def loop(call: Call) -> bool:
    """A redirect to itself."""
    return await answer(call, 302, b"", location="/", set_cookie="n=1")


async def moved(call: Call) -> bool:
    """A redirect to another site."""
    return await answer(call, 301, b"", location=call.name.to)


async def inward(call: Call) -> bool:
    """A redirect to an address that is nobody's business."""
    return await answer(call, 302, b"", location=f"http://127.0.0.1:{call.sentinel}/admin")


async def endless(call: Call) -> bool:
    """A body that never ends. What matters stands in its first kilobyte."""
    await call.write(head(200, content_type=_HTML) + f"<html><body>{HOOK}".encode())
    while True:
        await call.write(b"<p>loading</p>\n" * 4096)


async def bomb(call: Call) -> bool:
    """A quarter of a megabyte of gzip that becomes a quarter of a gigabyte."""
    await call.write(head(200, content_type=_HTML, content_encoding="gzip", connection="close"))
    await call.write(_bomb(f"<html><body>{HOOK}".encode()))
    return False


@lru_cache
def _bomb(start: bytes, *, mebibytes: int = 256) -> bytes:
    """One correct gzip member. A block behind a full flush means the same wherever it stands, so
    a single one is deflated and then repeated.
    """
    spaces = b" " * (1 << 20)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(spaces) + deflate.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(start)
    for _ in range(mebibytes):
        crc = zlib.crc32(spaces, crc)
    trailer = struct.pack("<II", crc, len(start) + mebibytes * len(spaces))
    magic = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return magic + first + block * mebibytes + deflate.flush(zlib.Z_FINISH) + trailer


async def short(call: Call) -> bool:
    """Promises more than it sends."""
    body = f"<html><body>{HOOK}<p>客服热线".encode()
    await call.write(head(200, content_type=_HTML, content_length=len(body) + 5000) + body)
    return False


async def bad_chunk(call: Call) -> bool:
    """A chunk size that is no number, in the middle."""
    body = f"<html><body>{HOOK}".encode()
    start = head(200, content_type=_HTML, transfer_encoding="chunked")
    await call.write(start + b"%x\r\n%b\r\nzz\r\n<p>more</p>\r\n0\r\n\r\n" % (len(body), body))
    return False


async def huge_header(call: Call) -> bool:
    """Header lines without end."""
    await call.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    for number in range(1 << 20):
        await call.write(b"X-%d: %b\r\n" % (number, b"a" * 4000))
    return False


BEHAVIOURS: dict[str, Callable[[Call], Awaitable[bool]]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        page, two_faced, missing, broken, busy, download, paper, silent, loop, moved, inward,
        endless, bomb, short, bad_chunk, huge_header,
    )
}  # fmt: skip
