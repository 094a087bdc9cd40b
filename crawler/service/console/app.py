"""The console as one application: all pages in one list, one door in front of them."""

import asyncio
import secrets
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from alerts.desk import Desk
from crawler.domain.assessment import Level
from crawler.domain.errors import BadInput, NotAllowed, TryLater
from crawler.domain.user import Session
from crawler.service.catalogue import LANGUAGES, sayer
from crawler.service.console import (
    album,
    alert,
    alerts,
    amendments,
    attaching,
    changes,
    deciding,
    deliveries,
    evidence,
    explaining,
    factors,
    following,
    leads,
    lists,
    looking_again,
    packs,
    people,
    providing,
    reached,
    registers,
    retention,
    returns,
    search,
    signing_in,
    sites,
    statistics,
    sweeps,
    tasks,
    today,
    trail,
    words,
)
from crawler.service.console.access import EVERYONE, PUBLIC, Route, get
from crawler.service.console.calls import Call, Console, Missing, Refused, TooOften, local
from crawler.service.console.guarding import SAFE, Guarded, TooLarge, drained, is_foreign, limited
from crawler.service.console.keeping import Draft
from crawler.service.console.telling import News
from crawler.service.console.templating import STATIC, environment
from crawler.service.desks import desk_of
from crawler.service.rehearsing import drop_all
from crawler.service.wiring import House
from crawler.store.sessions import session_of, touch_session
from lexicons.weighing import Weights, load_weights

FORM_S = 30  # a form that takes longer to arrive is given up
MOST_FIELDS = 400
TOUCH_AFTER = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One entry of the list below: what the bar calls it, where it begins, what belongs to it."""

    routes: tuple[Route, ...]
    title: str = ""  # in the bar; empty: not in it
    path: str = ""


def _home(call: Call) -> Response:
    """Where somebody begins: the first page of the bar that is theirs."""
    return call.go(next((page.path for page in PAGES if page.title and _opens(call, page)), "/me"))


# A new page is one line here (README.md says the rest). The order is that of the bar.
PAGES: tuple[Page, ...] = (
    Page(
        routes=(
            get("/", _home, EVERYONE),
            *signing_in.ROUTES,
            *providing.ROUTES,
            *factors.ROUTES,
            *explaining.ROUTES,
            *reached.ROUTES,
        )
    ),
    Page(title="今日", path="/today", routes=today.ROUTES),
    Page(
        title="预警",
        path="/alerts",
        routes=alerts.ROUTES + deciding.ROUTES + alert.ROUTES + changes.ROUTES,
    ),
    Page(title="任务", path="/tasks", routes=tasks.ROUTES + attaching.ROUTES),
    Page(title="检索", path="/search", routes=search.ROUTES),
    Page(title="网站", path="/sites", routes=sites.ROUTES),
    Page(title="巡查", path="/sweeps", routes=sweeps.ROUTES),
    Page(title="名单", path="/lists", routes=lists.ROUTES),
    Page(title="相册", path="/album", routes=album.ROUTES),
    Page(routes=following.ROUTES),
    Page(routes=looking_again.ROUTES),
    Page(title="举报", path="/leads", routes=leads.ROUTES),
    Page(title="名录", path="/registers", routes=registers.ROUTES),
    Page(title="词库", path="/words", routes=words.ROUTES + amendments.ROUTES),
    Page(title="统计", path="/statistics", routes=statistics.ROUTES),
    Page(title="投递", path="/deliveries", routes=deliveries.ROUTES + trail.ROUTES),
    Page(title="来件", path="/inbox", routes=returns.ROUTES),
    Page(routes=evidence.ROUTES + packs.ROUTES + retention.ROUTES),
    Page(title="用户", path="/people", routes=people.ROUTES),
)


def console_app(house: House) -> FastAPI:
    """The console of an installation, with the real clock."""
    return app_of(house, lambda: datetime.now(UTC))


def app_of(house: House, clock: Callable[[], datetime]) -> FastAPI:
    """The same with a clock of one's own, for tests."""
    packs.clear_left(house.cache)
    drop_all(house)
    console = _Languages(house, clock)
    app = FastAPI(title="巡网", openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/static", _Files(directory=STATIC), name="static")
    for route in all_routes():
        app.add_route(route.path, _door(console, route), methods=[route.method])
    app.add_route("/news", _news(console), methods=["GET"])
    app.add_route("/{rest:path}", _nothing(console), methods=["GET", "POST"])
    app.add_middleware(Guarded)
    app.add_middleware(GZipMiddleware, minimum_size=1_024, compresslevel=5)  # nothing secret in it
    return app


def all_routes() -> tuple[Route, ...]:
    """Every door there is: what the test of roles walks, and the table in README.md holds."""
    return tuple(route for page in PAGES for route in page.routes)


class _Languages:
    """The console in each language; what it remembers is the same in all."""

    def __init__(self, house: House, clock: Callable[[], datetime]) -> None:
        rules = _Rules(house)
        chosen = house.config.language
        say = sayer(chosen)
        self.main = Console(
            house=house,
            say=say,
            templates=environment(say, chosen),
            clock=clock,
            desk=rules.desk,
            level_of=rules.level_of,
        )
        self._all = {chosen: self.main} | {
            one: replace(self.main, say=sayer(one), templates=environment(sayer(one), one))
            for one in LANGUAGES
            if one != chosen
        }

    def of(self, request: Request) -> Console:
        """In the language that this person chose."""
        return self._all.get(request.cookies.get(signing_in.LANGUAGE, ""), self.main)


class _Files(StaticFiles):
    """Our own files; whoever asks with the version in the address may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        kept = "public, max-age=31536000, immutable" if versioned else "no-cache"
        answer.headers["Cache-Control"] = kept
        return answer


class _Rules:
    """What is made from files, made anew when another lexicon is in force."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._made: tuple[Path, Desk, Weights] | None = None

    def desk(self) -> Desk:
        return self._current()[1]

    def level_of(self, score: float) -> Level:
        return self._current()[2].level(score)

    def _current(self) -> tuple[Path, Desk, Weights]:
        now = self._house.lexicon.resolve()
        if self._made is None or self._made[0] != now:
            self._made = (now, desk_of(self._house), load_weights(now))
        return self._made


Endpoint = Callable[[Request], Any]


def _door(consoles: _Languages, route: Route) -> Endpoint:
    async def enter(request: Request) -> Response:
        request_id = secrets.token_hex(6)
        console = consoles.of(request)
        try:
            if route.method not in SAFE and is_foreign(request):
                return _sorry(console, request, 403, "这个请求不是从巡网的页面发出的，没有执行。")
            if route.method in SAFE:
                return await run_in_threadpool(_answer, console, route, request, (), request_id)
            async with _form_of(request, route) as form:
                return await run_in_threadpool(_answer, console, route, request, form, request_id)
        except TooLarge:
            await drained(request, FORM_S)
            return _sorry(console, request, 413, "提交的内容超过上限，没有收下。")
        except (TimeoutError, ClientDisconnect):
            return _sorry(console, request, 408, "提交的内容迟迟没有传完，没有收下。")
        except HTTPException:
            return _sorry(console, request, 400, "填写的内容无法使用。")
        except Exception:  # noqa: BLE001 the one catch-all of the console
            # Nothing of the inside goes out; the number finds it in the log. The trace is made
            # here: a renderer that shows variables would write passwords down.
            trace = traceback.format_exc(limit=-12)
            log.error("page failed", path=route.path, request=request_id, trace=trace)
            said = console.say("页面出错了，编号 {id}。请再试一次。", id=request_id)
            return _sorry(console, request, 500, said)

    return enter


@asynccontextmanager
async def _form_of(request: Request, route: Route) -> AsyncIterator[tuple[tuple[str, Any], ...]]:
    """The fields; files are closed when the answer is made, whoever read them."""
    async with asyncio.timeout(FORM_S):
        form = await limited(request, route.most_bytes).form(
            max_fields=MOST_FIELDS, max_files=5, max_part_size=route.most_bytes
        )
    try:
        yield tuple(form.multi_items())
    finally:
        await form.close()


def _answer(
    console: Console, route: Route, request: Request, form: Iterable[Any], request_id: str
) -> Response:
    now = console.clock()
    cookie = signing_in.cookie_of(request)
    session = _session(console, cookie, now)
    call = Call(
        console=console,
        path=request.url.path,
        parts=request.path_params,
        query=request.query_params,
        form=tuple(form),
        address=request.client.host if request.client else "",
        secure=request.url.scheme == "https",
        session=session,
        now=now,
        request_id=request_id,
        page_of=_rendered,
        cookie=cookie,
        away=providing.token_of(request),
    )
    if route.roles is not PUBLIC and session is None:
        return _come_in(call, route)
    return _viewed(call, route)


def _viewed(call: Call, route: Route) -> Response:
    try:
        if route.roles is not PUBLIC and not call.may(route.roles):
            raise Refused(call.console.say("你的角色不能做这件事。"))
        if route.roles is not PUBLIC and factors.is_owed(call) and route.name not in factors.BEFORE:
            return factors.set_up_first(call)
        return route.view(call)
    except Missing:
        return _refused(call, 404, call.console.say("没有这个页面或记录。"))
    except Refused as refusal:
        with call.house.database.transaction() as db:
            call.note(db, "console.refuse", route.name, call.user.region, str(refusal))
        return _refused(call, 403, str(refusal))
    except TooOften as error:
        return _refused(call, 429, str(error))
    except (BadInput, ValueError) as error:
        return _refused(call, 400, _told(call, error))
    except NotAllowed as error:
        return _refused(call, 409, _told(call, error))
    except TryLater as error:
        return _refused(call, 503, _told(call, error))


def _refused(call: Call, status: int, text: str) -> Response:
    return call.page("sorry.html", status=status, text=text, above=_above(call, status))


def _above(call: Call, status: int) -> str:
    """The nearest page that the path belongs to and that is theirs to open: of a form, the one
    that it stands on.
    """
    parts = call.path.split("/")
    paths = ["/".join(parts[:end]) for end in range(len(parts), 1, -1)]
    nearest = paths[1:] if status in (403, 404) else paths  # not the page that is not to be had
    return next((one for one in nearest if _is_page(call, one)), "/")


def _is_page(call: Call, path: str) -> bool:
    pages = (one for one in all_routes() if one.method in SAFE and _matches(one.path, path))
    return any(call.may(one.roles) for one in pages)


def _matches(pattern: str, path: str) -> bool:
    """A blank of a pattern takes a number or a name of several parts, never a plain word: those
    are ways of their own.
    """
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one == two or (one.startswith("{") and not two.isalpha())
        for one, two in zip(wanted, given, strict=True)
    )


def _told(call: Call, error: Exception) -> str:
    """Our own errors are written for people; a library's ValueError is not."""
    said = "填写的内容无法使用。" if isinstance(error, ValueError) else str(error)
    return call.console.say(said)


def _session(console: Console, cookie: str, now: datetime) -> Session | None:
    session = _held(console, signing_in.digest_of(cookie), now) if cookie else None
    if session is not None and now - session.last_seen_at > TOUCH_AFTER:
        with console.house.database.transaction() as db:
            touch_session(db, session.digest, now)
    return session


def _held(console: Console, digest: str, now: datetime) -> Session | None:
    """A session that holds now; being looked at does not make it hold longer."""
    settings = console.house.config.console
    idle = timedelta(minutes=settings.idle_minutes)
    longest = timedelta(hours=settings.longest_hours)
    with console.house.database.reading() as db:
        return session_of(db, digest, now, idle, longest)


def _come_in(call: Call, route: Route) -> Response:
    """To the door; what was typed waits for whoever typed it."""
    if route.method in SAFE:
        asked = call.path + (f"?{call.query}" if call.query else "")
        target = local(asked)
        if target == "/":
            return RedirectResponse("/sign-in", status_code=303)
        return RedirectResponse(f"/sign-in?next={_quoted(target)}", status_code=303)
    typed = tuple((k, v) for k, v in call.form if isinstance(v, str))
    token = call.console.token()
    owner = signing_in.owner_of(call)
    draft = Draft(user_id=owner, path=call.path, fields=typed, at=call.now)
    call.console.keeping.keep_draft(token, draft)
    return signing_in.door(call, status=401, draft=token)


def _quoted(path: str) -> str:
    return path.replace("%", "%25").replace("&", "%26").replace("#", "%23").replace("+", "%2B")


def _rendered(call: Call, template: str, facts: Mapping[str, Any]) -> str:
    bar = [page for page in PAGES if page.title and _opens(call, page)]
    notices = call.console.keeping.told(call.session.digest) if call.session else ()
    return call.console.templates.get_template(template).render(
        call=call, now=call.now, bar=bar, notices=notices, session=call.session, **facts
    )


def _opens(call: Call, page: Page) -> bool:
    first = next((one for one in page.routes if one.path == page.path), page.routes[0])
    return call.may(first.roles)


def _sorry(console: Console, request: Request, status: int, text: str) -> Response:
    """A page for somebody of whom nothing is known yet."""
    page = console.templates.get_template("alone.html")
    said = page.render(text=console.say(text), session=None, now=console.clock(), call=None)
    return HTMLResponse(said, status_code=status)


def _news(consoles: _Languages) -> Endpoint:
    console = consoles.main

    def held(digest: str) -> Session | None:
        session = _held(console, digest, console.clock())
        return None if session is None or factors.owes(console, session.user) else session

    news = News(console.house, held)

    async def listen(request: Request) -> Response:
        try:
            digest = signing_in.digest_of(signing_in.cookie_of(request))
            session = await run_in_threadpool(held, digest)
            return await news.answer(request, session, consoles.of(request).say)
        except TryLater:
            return Response(status_code=503)

    return listen


def _nothing(consoles: _Languages) -> Endpoint:
    async def nothing(request: Request) -> Response:
        return _sorry(consoles.of(request), request, 404, "没有这个页面。")

    return nothing
