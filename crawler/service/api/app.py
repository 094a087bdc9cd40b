"""The API as one application: its routers in one list."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, FastAPI
from starlette.responses import JSONResponse, Response

import alerts
from alerts.desk import Desk
from crawler.service.api import answering, attaching, events, inbox, leads, lists, statistics, tasks
from crawler.service.api.access import Anyone, Api, Shared
from crawler.service.api.problems import ProblemShown, answer_problems, responses
from crawler.service.api.shapes import StatusShown
from crawler.service.console.guarding import Guarded
from crawler.service.desks import Desks
from crawler.service.wiring import House

PATH = "/api/v1"
SCHEMAS = Path(alerts.__file__).parent / "schemas"
about = APIRouter(tags=["about"])
ROUTERS = (
    about,
    answering.routes,
    attaching.routes,
    tasks.routes,
    events.routes,
    lists.routes,
    leads.routes,
    inbox.routes,
    statistics.routes,
)


@about.get("/status", responses=responses(401, 403))
def status(client: Anyone, api: Shared) -> StatusShown:
    """令牌属于谁、能做什么，以及本系统的时间。"""
    return StatusShown(
        client=client.name,
        scopes=sorted(str(one) for one in client.scopes),
        region=client.region,
        endpoint=client.endpoint,
        expires_at=client.expires_at,
        now=api.clock(),
        version=version("xunwang"),
    )


@about.get("/schemas/{name}", responses=responses(422), response_model=dict[str, Any])
def schema(name: Literal["message", "feedback", "mapping"]) -> Response:
    """消息、反馈与映射文件的 JSON Schema。"""
    return JSONResponse(_published(name))


def api_app(house: House) -> FastAPI:
    """The API of an installation, with the real clock."""
    return app_of(house, lambda: datetime.now(UTC))


def app_of(
    house: House, clock: Callable[[], datetime], desk: Callable[[], Desk] | None = None
) -> FastAPI:
    """The same with a clock (and desk) of one's own, for tests."""
    app = FastAPI(
        title="巡网 API",
        version="1",
        summary="预警、督办任务与备案名单",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.api = Api(house=house, clock=clock, desk=desk or Desks(house).current)
    for router in ROUTERS:
        app.include_router(router)
    answer_problems(app)
    app.add_middleware(Guarded)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """What no route declares by itself: the errors, and the report as it is published."""
    shapes = app.openapi()["components"]["schemas"]
    shapes["Problem"] = ProblemShown.model_json_schema()
    shapes["Feedback"] = _published("feedback")


def _published(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return schema
