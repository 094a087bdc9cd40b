"""The one web application: parts mounted under their paths, the console last: it owns the rest."""

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from crawler.service.api.app import PATH, api_app
from crawler.service.console.app import console_app
from crawler.service.wiring import House

MOUNTS: tuple[tuple[str, Callable[[House], ASGIApp]], ...] = ((PATH, api_app), ("", console_app))


def web_app(house: House, routes: Sequence[BaseRoute] = ()) -> FastAPI:
    """Everything that `serve` answers over HTTP; no documentation page that loads from outside.
    `routes` come before all parts.
    """
    app = FastAPI(title="巡网 Xunwang", openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.extend(routes)
    for path, part in MOUNTS:
        app.mount(path, part(house))
    return app
