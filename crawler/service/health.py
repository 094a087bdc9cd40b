"""Is it alive, can it work: two addresses for whoever watches processes."""

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], str]  # one line of trouble, or nothing


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """/healthz: the process answers. /readyz: everything that work needs is there; 503 names what
    is not.
    """

    async def healthz(_: Request) -> Response:
        return _plain({"alive": True}, 200)

    async def readyz(_: Request) -> Response:
        found = await run_in_threadpool(_looked, checks)
        ready = not any(found.values())
        told = {name: trouble or "ok" for name, trouble in found.items()}
        return _plain({"ready": ready, "checks": told}, 200 if ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _looked(checks: Mapping[str, Check]) -> dict[str, str]:
    return {name: _outcome(check) for name, check in checks.items()}


def _outcome(check: Check) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 a check that fails is the answer, not an accident
        return type(error).__name__


def _plain(body: Mapping[str, object], status: int) -> Response:
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
