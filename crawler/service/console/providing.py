"""统一身份登录: to the identity provider and back. It stands for the password, and for nothing
else: the account, its roles, its region and its second factor are ours.
"""

import secrets
from collections.abc import Callable
from hmac import compare_digest
from typing import TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crawler.config import OidcSettings
from crawler.domain.errors import TryLater, WatchError
from crawler.domain.user import User
from crawler.service.console.access import PUBLIC, get
from crawler.service.console.calls import Call, Missing, local
from crawler.service.console.keeping import AWAY_HOLDS, Away
from crawler.service.console.signing_in import (
    NO_TLS,
    SLOW_DOWN,
    ask_code,
    door,
    is_private,
    let_in,
    note_refused,
    seems_to_guess,
    typed_before,
)
from crawler.service.identifying import (
    WAY_BACK,
    Identity,
    Provider,
    find_provider,
    identify,
    way_there,
)
from crawler.store.people import user_named

COOKIE, PLAIN_COOKIE = "__Host-xunwang-away", "xunwang-away"
PROVIDER_HOLDS_S = 300  # its document; keys are asked for each time, for they may have changed
WAIT_FOR_TURN_S = 2.0
STRAY = "这次登录不是从这里开始的，或已经用过、等得太久。请重新登录。"
FAILED = "统一身份登录没有成功：{why}"
NOBODY = "身份提供方认得 {name}，巡网没有这个用户，或已停用。请管理员处理。"

T = TypeVar("T")
log = structlog.get_logger()


def leave(call: Call) -> Response:
    """Off to the provider. Nothing is changed here but what this browser must bring back."""
    settings = _settings(call)
    if call.session is not None:
        return RedirectResponse("/", status_code=303)
    if not is_private(call):
        return door(call, NO_TLS, status=403)
    try:
        provider = _in_turn(call, lambda: _provider(call, settings))
    except WatchError as error:
        return _failed(call, str(error), 503)
    away = Away(
        state=call.console.token(), nonce=call.console.token(), verifier=secrets.token_urlsafe(48),
        next=local(call.query.get("next", "/")[:500]), draft=call.query.get("draft", "")[:100],
        address=call.address, at=call.now,
    )  # fmt: skip
    token = call.console.token()
    call.console.keeping.keep_away(token, away)
    target = way_there(
        settings, provider, state=away.state, nonce=away.nonce, verifier=away.verifier
    )
    answer = RedirectResponse(target, status_code=303)
    # lax: it is to come along when the provider sends them back
    answer.set_cookie(
        _cookie_name(call.secure), token, max_age=int(AWAY_HOLDS.total_seconds()), path="/",
        secure=call.secure, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


def come_back(call: Call) -> Response:
    """Back with a code: whose it is, the provider says to us alone. Each way back is good once."""
    settings = _settings(call)
    if not is_private(call):
        return door(call, NO_TLS, status=403)
    away = call.console.keeping.take_away(call.away, call.now)
    if away is None or not compare_digest(_asked(call, "state"), away.state.encode()):
        return _left(call, door(call, STRAY, status=400))
    if seems_to_guess(call):
        return _left(call, door(call, SLOW_DOWN, status=429))
    try:
        who = _in_turn(call, lambda: _identity(call, settings, away))
    except TryLater as trouble:
        return _left(call, _failed(call, str(trouble), 503))
    except WatchError as error:
        note_refused(call, "-", how=f"provider: {error}")
        return _left(call, _failed(call, str(error), 401))
    return _left(call, _known(call, who, away))


ROUTES = (
    get("/sign-in/provider", leave, PUBLIC),
    get(WAY_BACK, come_back, PUBLIC),
)


def token_of(request: Request) -> str:
    """What a browser that was sent away brings back."""
    return request.cookies.get(_cookie_name(request.url.scheme == "https"), "")[:200]


def _known(call: Call, who: Identity, away: Away) -> Response:
    with call.house.database.reading() as db:
        user = user_named(db, who.name[:60])
    if user is None or user.disabled:
        note_refused(call, who.name, user.region if user else "", f"provider {who.subject}")
        return door(call, call.console.say(NOBODY, name=who.name[:60]), status=403)
    how = f"provider {who.subject}"
    if user.has_factor:
        return ask_code(call, user, how, away.next, away.draft)
    return let_in(call, user, how, _onward(call, user, away))


def _onward(call: Call, user: User, away: Away) -> Response:
    """A page that goes on by itself. A redirect would still be the provider's doing, and a strict
    cookie does not come along with that.
    """
    return typed_before(call, user, away.draft) or call.page("arrived.html", next=away.next)


def _identity(call: Call, settings: OidcSettings, away: Away) -> Identity:
    refusal = _asked(call, "error").decode()
    if refusal:
        raise TryLater(f"身份提供方没有放行（{refusal[:60]}）")
    provider = _provider(call, settings)
    code = _asked(call, "code").decode()
    return identify(call.house, settings, provider, code, away.verifier, away.nonce, call.now)


def _provider(call: Call, settings: OidcSettings) -> Provider:
    return call.console.keeping.figure(
        "provider", call.now, PROVIDER_HOLDS_S, lambda: find_provider(call.house, settings)
    )


def _in_turn(call: Call, make: Callable[[], T]) -> T:
    """Few at a time: a provider that does not answer must not take the console along."""
    turn = call.console.keeping.asking
    if not turn.acquire(timeout=WAIT_FOR_TURN_S):
        raise TryLater("身份提供方应答太慢，请稍后再试")
    try:
        return make()
    finally:
        turn.release()


def _failed(call: Call, why: str, status: int) -> Response:
    log.warning("identity provider", action="sign-in", why=why, request=call.request_id)
    return door(call, call.console.say(FAILED, why=call.console.say(why)), status=status)


def _left(call: Call, answer: Response) -> Response:
    answer.delete_cookie(_cookie_name(call.secure), path="/", secure=call.secure, httponly=True)
    return answer


def _settings(call: Call) -> OidcSettings:
    settings = call.house.config.console.oidc
    if settings is None:
        raise Missing
    return settings


def _asked(call: Call, name: str) -> bytes:
    return call.query.get(name, "")[:2_000].encode("utf-8", "replace")


def _cookie_name(secure: bool) -> str:
    return COOKIE if secure else PLAIN_COOKIE
