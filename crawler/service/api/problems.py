"""Errors as RFC 9457 says them: one JSON object, one clear line, nothing of the inside."""

import secrets
import traceback
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawler.domain.errors import BadInput, NotAllowed, TryLater, wrong_with

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "请求无法使用", 401: "未认证", 403: "无权限", 404: "不存在", 405: "不支持的方法",
    408: "超时", 409: "状态冲突", 413: "内容过大", 422: "内容无法采用", 500: "内部错误",
    503: "暂时不可用",
}  # fmt: skip

log = structlog.get_logger()


class Problem(Exception):
    """Ends a request with a status, a word for programs and a line for people."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more


class ProblemShown(BaseModel):
    """An error."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses, for the description of a route; every one may also be 500 or 503."""
    return {
        status: {
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in (*statuses, 500, 503)
    }


def answer_problems(app: FastAPI) -> None:
    """Every error leaves in this form."""
    app.add_exception_handler(Problem, _of_ours)
    app.add_exception_handler(BadInput, _as(400, "bad_input"))
    app.add_exception_handler(NotAllowed, _as(409, "not_allowed"))
    app.add_exception_handler(TryLater, _as(503, "try_later"))
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(ClientDisconnect, _as(400, "went_away"))
    app.add_middleware(_Caught)


def shown(status: int, code: str, detail: str, **more: Any) -> Response:
    """One problem as an answer."""
    body = {"type": "about:blank", "title": _TITLES.get(status, "错误"), "status": status,
            "code": code, "detail": detail}  # fmt: skip
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(body | more, status, headers, media_type=MEDIA_TYPE)


async def _of_ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return shown(error.status, error.code, error.detail, **error.more)


def _as(status: int, code: str) -> Any:
    async def answer(_: Request, error: Exception) -> Response:
        return shown(status, code, str(error))

    return answer


async def _unreadable(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return shown(422, "bad_parameter", f"参数 {where[:60]} 无法使用：{wrong_with(first)}")


async def _of_the_framework(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "没有这个地址。", 405: "这个地址不支持该方法。"}
    detail = said.get(error.status_code, "请求无法使用。")
    answer = shown(error.status_code, "http", detail)
    answer.headers.update(error.headers or {})
    return answer


class _Caught:
    """The one catch-all of the API: it logs where, and answers with a number to ask by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001
            number = secrets.token_hex(6)
            where = traceback.format_tb(error.__traceback__)[-1].splitlines()[0].strip()
            kind = type(error).__name__
            log.error("api failed", action="api", kind=kind, where=where, notice=number)
            if not begun:
                said = f"内部错误，编号 {number}。请稍后再试或联系运维。"
                await shown(500, "internal", said)(scope, receive, send)
