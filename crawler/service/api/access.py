"""Who calls, and what they may: a token with scopes, or a signature; and how much they may send."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from alerts.desk import Desk
from crawler.domain.client import Client, Scope, is_live
from crawler.service.api.problems import Problem
from crawler.service.console.guarding import TooLarge, limited
from crawler.service.wiring import House
from crawler.store.clients import client_of, is_stale, touch_client

BODY_S = 30  # a body that takes longer to arrive is given up
LONGEST_TOKEN = 200
MOST_ROWS = 500
_HERE = frozenset({"127.0.0.1", "::1"})
_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="xunwang platform client")


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """What all requests share."""

    house: House
    clock: Callable[[], datetime]
    desk: Callable[[], Desk]


def api_of(request: Request) -> Api:
    """The installation behind this application."""
    api: Api = request.app.state.api
    return api


Shared = Annotated[Api, Depends(api_of)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="至多几条")]
MOST_NUMBER = 2**31 - 1  # of a row: PostgreSQL knows no larger one
After = Annotated[int, Query(ge=0, le=MOST_NUMBER, description="上一页给出的 next；首次为 0")]
Number = Annotated[int, Path(le=MOST_NUMBER, description="编号")]


def digest_of(token: str) -> str:
    """What the store knows of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def caller(request: Request, api: Shared, credentials: Credentials) -> Client:
    """Who bears the token; a wrong, an ended and an expired one get the same words."""
    if not is_private(request, plain_http=api.house.config.console.plain_http):
        raise Problem(403, "no_tls", "这里没有加密连接（https），不接受令牌。请联系运维。")
    token = credentials.credentials if credentials else ""
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise Problem(401, "no_token", "请求缺少令牌：Authorization: Bearer xw_…")
    now = api.clock()
    with api.house.database.reading() as db:
        client = client_of(db, digest_of(token))
    if client is None or not is_live(client, now):
        raise Problem(401, "bad_token", "令牌不正确、已停用或已过期。")
    if is_stale(client, now):
        with api.house.database.transaction() as db:
            touch_client(db, client, now)
    return client


def bearing(scope: Scope) -> Callable[[Client], Client]:
    """A client whose token opens this."""

    def checked(client: Annotated[Client, Depends(caller)]) -> Client:
        if scope not in client.scopes:
            raise Problem(403, "no_scope", f"这个令牌没有权限 {scope}。")
        return client

    return checked


Anyone = Annotated[Client, Depends(caller)]
EventReader = Annotated[Client, Depends(bearing(Scope.EVENTS_READ))]
AlertReader = Annotated[Client, Depends(bearing(Scope.ALERTS_READ))]
TaskReader = Annotated[Client, Depends(bearing(Scope.TASKS_READ))]
TaskAnswerer = Annotated[Client, Depends(bearing(Scope.TASKS_ANSWER))]
ListReader = Annotated[Client, Depends(bearing(Scope.LISTS_READ))]
ListWriter = Annotated[Client, Depends(bearing(Scope.LISTS_WRITE))]
LeadReader = Annotated[Client, Depends(bearing(Scope.LEADS_READ))]
LeadWriter = Annotated[Client, Depends(bearing(Scope.LEADS_WRITE))]


def is_private(request: Request, *, plain_http: bool) -> bool:
    """Whether nobody on the way can read along."""
    here = request.client is not None and request.client.host in _HERE
    return request.url.scheme == "https" or here or plain_http


def body_up_to(most_bytes: int) -> Callable[[Request], Awaitable[bytes]]:
    """The body as it came; Problem as soon as it is larger, or too slow."""

    async def read(request: Request) -> bytes:
        parts = [part async for part in parts_of(request, most_bytes)]
        return b"".join(parts)

    return read


async def parts_of(
    request: Request, most_bytes: int, within_s: float = BODY_S
) -> AsyncIterator[bytes]:
    """The body, part by part, until it is complete, too large or too slow."""
    try:
        async with asyncio.timeout(within_s):
            async for part in limited(request, most_bytes).stream():
                yield part
    except TooLarge:
        told = f"{most_bytes // 1024} KB" if most_bytes < 2**20 else f"{most_bytes >> 20} MB"
        raise Problem(413, "too_large", f"提交的内容超过 {told}，没有收下。") from None
    except TimeoutError:
        raise Problem(408, "too_slow", "提交的内容迟迟没有传完，没有收下。") from None


async def off_the_loop(what: Callable[..., object], *given: object) -> None:
    """Something that may wait for the disk."""
    await run_in_threadpool(what, *given)
