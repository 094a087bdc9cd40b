"""The second factor: each sets up their own, an administrator takes away one that is lost."""

import secrets
from typing import Any

import segno
from starlette.responses import RedirectResponse, Response

from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.one_time import (
    RECOVERY_CODES,
    SECRET_BYTES,
    address_of,
    recovery_codes,
    recovery_digest,
    step_shown,
    written,
)
from crawler.domain.user import User
from crawler.service.console.access import ADMINS, EVERYONE, get, post
from crawler.service.console.calls import Call, Console, Missing
from crawler.service.console.keeping import Notice
from crawler.service.console.signing_in import is_sure, may_type_password, note_wrong
from crawler.store.factors import (
    confirm_factor,
    drop_factor,
    factor_secret,
    offer_factor,
    recovery_left,
    reset_factor,
)
from crawler.store.people import user_named
from crawler.store.sessions import end_sessions

PAGE = "/me/factor"
# what somebody may do who still has to set one up
BEFORE = frozenset({f"GET {PAGE}", f"POST {PAGE}", "POST /sign-out", "POST /language"})
_ISSUER = "Xunwang"


def is_owed(call: Call) -> bool:
    """Whether their role demands a second factor, and there is none."""
    return call.session is not None and owes(call.console, call.user)


def owes(console: Console, user: User) -> bool:
    """Whether a person's roles demand a second factor that they have not set up."""
    return not user.has_factor and bool(
        user.roles.intersection(console.house.config.console.second_factor)
    )


def set_up_first(_call: Call) -> Response:
    """Nothing else is answered until it is there."""
    return RedirectResponse(PAGE, status_code=303)


def show(call: Call) -> Response:
    """The square to scan and the field to confirm it; or that it is in force."""
    if call.user.has_factor:
        with call.house.database.reading() as db:
            left = recovery_left(db, call.user.id)
        return _page(
            call,
            secret="",
            left=left,
            codes=(),
            owed=False,
            error="",
        )
    return _offered(call)


def confirm(call: Call) -> Response:
    """In force from now on; shows the recovery codes, once. Other sessions end."""
    assert call.session is not None
    if not is_sure(call):
        return _offered(call, _unsure(call), 400)
    with call.house.database.reading() as db:
        secret = factor_secret(db, call.user.id)
    step = step_shown(secret, call.field("code", 20), call.now) if secret else None
    if step is None:
        note_wrong(call)
        return _offered(call, "验证码不对。请核对手机的时间是否准确，用新出现的验证码再试。", 400)
    codes = recovery_codes(secrets.token_bytes(RECOVERY_CODES * 10))
    digests = tuple(recovery_digest(one) for one in codes)
    with call.house.database.transaction() as db:
        if not confirm_factor(db, call.user.id, step, digests, call.now):
            raise NotAllowed("已经设过两步验证")
        end_sessions(db, call.user.id, call.now, "second factor", but=call.session.digest)
        call.note(db, "user.factor", f"user:{call.actor}", call.user.region, "set up")
    return _page(
        call,
        secret="",
        left=len(codes),
        codes=codes,
        owed=False,
        error="",
    )


def drop(call: Call) -> Response:
    """One's own, by password; where the role demands one, the next page asks for another."""
    assert call.session is not None
    if not is_sure(call):
        raise BadInput(_unsure(call))
    with call.house.database.transaction() as db:
        drop_factor(db, call.user.id)
        end_sessions(db, call.user.id, call.now, "second factor", but=call.session.digest)
        call.note(db, "user.factor", f"user:{call.actor}", call.user.region, "dropped")
    return call.go(PAGE, Notice(text=call.console.say("两步验证已停用。")))


def reset(call: Call) -> Response:
    """Somebody else's, by an administrator: they sign in by password and set up another."""
    with call.house.database.reading() as db:
        user = user_named(db, str(call.parts["name"]))
    if user is None or not user.region.startswith(call.reach):
        raise Missing
    if user.id == call.user.id:
        raise NotAllowed("不能重置自己的两步验证，请另一位管理员来做")
    with call.house.database.transaction() as db:
        reset_factor(db, user, call.actor, call.now)
    said = call.console.say("已重置 {name} 的两步验证，其登录已失效。", name=user.name)
    return call.go("/people", Notice(text=said))


ROUTES = (
    get(PAGE, show, EVERYONE),
    post(PAGE, confirm, EVERYONE),
    post(f"{PAGE}/drop", drop, EVERYONE),
    post("/people/{name}/factor", reset, ADMINS),
)


def _page(call: Call, *, status: int = 200, **facts: Any) -> Response:
    typed = may_type_password(call.console, call.user)
    return call.page("factor.html", status=status, typed=typed, **facts)


def _unsure(call: Call) -> str:
    typed = may_type_password(call.console, call.user)
    return "口令不对" if typed else "登录已超过 10 分钟，请退出后重新登录，再来设置。"


def _offered(call: Call, error: str = "", status: int = 200) -> Response:
    """The same secret until it is confirmed: who turns back has scanned it already."""
    with call.house.database.reading() as db:
        secret = factor_secret(db, call.user.id)
    if not secret:
        secret = secrets.token_bytes(SECRET_BYTES)
        with call.house.database.transaction() as db:
            offer_factor(db, call.user.id, secret)
    square = segno.make(address_of(secret, call.user.name, _ISSUER), error="m", micro=False)
    side = square.symbol_size(border=4)[0]
    shown = written(secret)
    return _page(
        call,
        status=status,
        secret=" ".join(shown[at : at + 4] for at in range(0, len(shown), 4)),
        square=_path(square),
        side=side,
        left=0,
        codes=(),
        owed=is_owed(call),
        error=call.console.say(error) if error else "",
    )


def _path(square: segno.QRCode) -> str:
    """The dark modules as one SVG path, with the quiet border of four."""
    dark = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(square.matrix_iter(border=4))
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return "".join(dark)
