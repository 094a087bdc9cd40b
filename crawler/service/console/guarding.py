"""What holds for every answer and every request, before any view: headers, origin, size."""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
MOST_DRAINED = 256 * 1024 * 1024
SAFE = frozenset({"GET", "HEAD"})


class TooLarge(Exception):
    """The body is larger than its route takes."""


class Guarded:
    """Adds the headers that a view did not set itself (evidence has a stricter policy)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in HEADERS if pair[0] not in there),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


def is_foreign(request: Request) -> bool:
    """Whether a change was asked for by anything but a page of ours: browsers say so in
    Sec-Fetch-Site, older ones in Origin; who says neither is no page of ours.
    """
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        return told != "same-origin"
    return request.headers.get("origin") != f"{request.url.scheme}://{request.headers.get('host')}"


async def drained(request: Request, for_s: float, most_bytes: int = MOST_DRAINED) -> None:
    """Take in what is still on its way and keep nothing of it: a browser reads the answer only
    after it has sent all, and sees a broken connection where nobody takes it.
    """
    read = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            while read < most_bytes:
                message = await request.receive()
                read += len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def limited(request: Request, most_bytes: int) -> Request:
    """The same request, whose body ends in TooLarge as soon as it is larger."""
    stated = request.headers.get("content-length", "0")
    if not stated.isdigit() or int(stated) > most_bytes:
        raise TooLarge
    read = 0

    async def receive() -> Any:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > most_bytes:
            raise TooLarge
        return message

    return Request(request.scope, receive)
