"""Coming in, going out, one's own password. What slows down a guesser is `guesses_too_much`."""

import hashlib
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.one_time import recovery_digest, step_shown
from crawler.domain.task import STEP_NAMES
from crawler.domain.user import Role, User, checked_password
from crawler.service.catalogue import LANGUAGES
from crawler.service.console import passwords
from crawler.service.console.access import EVERYONE, PUBLIC, get, post
from crawler.service.console.calls import Call, Console, TooOften, local
from crawler.service.console.keeping import Entry, Notice
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.factors import factor_secret, use_recovery, use_step
from crawler.store.people import password_hash_of, renew_hash, set_password, user_named
from crawler.store.sessions import (
    Failures,
    end_session,
    end_sessions,
    failures_since,
    note_sign_in,
    owner_of_session,
    start_session,
)

COOKIE, PLAIN_COOKIE = "__Host-xunwang", "xunwang"
LANGUAGE, LANGUAGE_S = "xunwang-language", 365 * 24 * 3_600  # no secret
MOST_FAILURES, MOST_OF_ADDRESS, MOST_OF_ACCOUNT = 5, 30, 30
FAILURES_COUNT_FOR = timedelta(minutes=15)
KNOWN_FOR, FRESH = timedelta(days=30), timedelta(minutes=10)
WRONG = "用户名或口令不对。"
WRONG_CODE = "验证码不对，或已经用过。请等下一个验证码。"
TOO_LATE = "等得太久，请重新登录。"
SLOW_DOWN = "尝试次数过多，请 15 分钟后再试，或请管理员重置口令。"
NO_PASSWORDS = "这里不用口令登录，请用统一身份登录。"
NOT_BY_PASSWORD = "这个账户请用统一身份登录。"
NO_TLS = "这里没有加密连接（https），不能从其他机器登录。请联系运维。"


def show(call: Call) -> Response:
    """The door; who is in already goes on."""
    if call.session is not None:
        return RedirectResponse("/", status_code=303)
    return door(call)


def sign_in(call: Call) -> Response:
    """One attempt. A wrong name costs as much time, and gets the same words, as a wrong
    password.
    """
    if not is_private(call):
        return door(call, NO_TLS, status=403)
    if is_password_shut(call.console):
        return door(call, NO_PASSWORDS, status=403)
    with call.console.keeping.guessing(call.field("name", 60), call.address):
        return _attempted(call)


def _attempted(call: Call) -> Response:
    name, password = call.field("name", 60), call.field("password", 500)
    with call.house.database.reading() as db:
        failures = _failures(db, call, name)
        user = user_named(db, name)
        kept = password_hash_of(db, user.id) if user else ""
    if guesses_too_much(failures):
        return door(call, SLOW_DOWN, status=429)
    right = passwords.fits(kept, password)
    if user is None or not right or user.disabled:
        return _refused(call, name)
    if not may_type_password(call.console, user):
        note_refused(call, name, user.region, "password, though not theirs to use")
        return door(call, NOT_BY_PASSWORD, status=403)
    better = passwords.hash_of(password) if passwords.is_dated(kept) else ""
    if better:
        with call.house.database.transaction() as db:
            renew_hash(db, user.id, kept, better)
    if user.has_factor:
        return ask_code(call, user, "password", call.field("next", 500), call.field("draft", 100))
    return let_in(call, user, "password", _onward(call, user))


def sign_in_code(call: Call) -> Response:
    """The second step, slowed down as the first. Each code and recovery code is good once."""
    if not is_private(call):
        return door(call, NO_TLS, status=403)
    token = call.field("entry", 100)
    entry = call.console.keeping.entry(token, call.address, call.now)
    if entry is None:
        return door(call, TOO_LATE, status=401)
    with call.console.keeping.guessing(entry.name, call.address):
        return _shown_code(call, token, entry)


def _shown_code(call: Call, token: str, entry: Entry) -> Response:
    with call.house.database.reading() as db:
        failures = _failures(db, call, entry.name)
        user = user_named(db, entry.name)
    if guesses_too_much(failures):
        return door(call, SLOW_DOWN, status=429)
    if user is None or user.disabled or not _proves(call, user, call.field("code", 40)):
        note_refused(call, entry.name, how=f"{entry.how} code")
        wanted, draft = call.field("next", 500), call.field("draft", 100)
        return _code_page(call, token, wanted, draft, WRONG_CODE, 401)
    call.console.keeping.forget_entry(token)
    return let_in(call, user, f"{entry.how} code", _onward(call, user))


def _proves(call: Call, user: User, typed: str) -> bool:
    with call.house.database.transaction() as db:
        secret = factor_secret(db, user.id)
        step = step_shown(secret, typed, call.now) if user.has_factor else None
        if step is not None:
            return use_step(db, user.id, step)
        used = user.has_factor and use_recovery(db, user.id, recovery_digest(typed))
        if used:
            _audit(db, "session.recovery", user.name, user.region, call.now, call.address)
        return used


def ask_code(call: Call, user: User, how: str, wanted: str, draft: str) -> Response:
    """What they showed was right: that alone opens nothing and wipes out no failures."""
    token = call.console.token()
    entry = Entry(name=user.name, address=call.address, at=call.now, how=how)
    call.console.keeping.keep_entry(token, entry)
    return _code_page(call, token, wanted, draft)


def _code_page(
    call: Call, token: str, wanted: str, draft: str, error: str = "", status: int = 200
) -> Response:
    return call.page(
        "sign_in_code.html",
        status=status,
        entry=token,
        error=call.console.say(error) if error else "",
        next=local(wanted or "/"),
        draft=draft,
    )


def seems_to_guess(call: Call) -> bool:
    """Whether too much from this address was wrong, whoever it was meant to be."""
    with call.house.database.reading() as db:
        return _failures(db, call, "-").address >= MOST_OF_ADDRESS


def is_password_shut(console: Console) -> bool:
    """Whether the identity provider is the only way in."""
    oidc = console.house.config.console.oidc
    return oidc is not None and oidc.passwords == "none"


def may_type_password(console: Console, user: User) -> bool:
    """Whether this account comes in by password, or by the identity provider alone."""
    oidc = console.house.config.console.oidc
    if oidc is None or oidc.passwords == "all":
        return True
    return oidc.passwords == "admin" and Role.ADMIN in user.roles


def guesses_too_much(failures: Failures) -> bool:
    """Too often wrong: this account from here, anybody from here, or this account from anywhere.
    The last does not hold where the account has come in before: guessing from elsewhere must not
    lock the last administrator out.
    """
    if failures.pair >= MOST_FAILURES or failures.address >= MOST_OF_ADDRESS:
        return True
    return failures.account >= MOST_OF_ACCOUNT and not failures.known


def sign_out(call: Call) -> Response:
    """Ends the session here, not only the cookie."""
    assert call.session is not None
    with call.house.database.transaction() as db:
        end_session(db, call.session.digest, call.now, "signed out")
        call.note(db, "session.end", f"user:{call.actor}", call.user.region)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(_cookie_name(call.secure), path="/", secure=call.secure, httponly=True)
    return answer


def knows_password(call: Call, field: str = "password") -> bool:
    """Whether who is signed in typed their own password again."""
    with call.console.keeping.guessing(call.actor, call.address):
        _refuse_guesser(call)
        with call.house.database.reading() as db:
            kept = password_hash_of(db, call.user.id)
        if passwords.fits(kept, call.field(field, 500)):
            return True
        note_wrong(call)
        return False


def is_sure(call: Call) -> bool:
    """Whether who is signed in showed again that it is them: by password, or who has none to use
    by having signed in just now.
    """
    assert call.session is not None
    if may_type_password(call.console, call.user):
        return knows_password(call)
    _refuse_guesser(call)
    return call.now - call.session.started_at <= FRESH


def _refuse_guesser(call: Call) -> None:
    """A session that somebody else got hold of guesses no faster than the door lets them."""
    with call.house.database.reading() as db:
        if guesses_too_much(_failures(db, call, call.actor)):
            raise TooOften(call.console.say(SLOW_DOWN))


def note_wrong(call: Call) -> None:
    """Who is signed in got a password or code wrong: it counts as one at the door."""
    note_refused(call, call.actor, call.user.region, "asked again")


def change_password(call: Call) -> Response:
    """Another password; all other sessions of the person end."""
    assert call.session is not None
    if not may_type_password(call.console, call.user):
        raise NotAllowed(NOT_BY_PASSWORD)
    if not knows_password(call, "old"):
        raise BadInput("原口令不对")
    new = checked_password(call.field("new", 500), call.user.name)
    made = passwords.hash_of(new)
    with call.house.database.transaction() as db:
        set_password(db, call.user.id, made)
        end_sessions(db, call.user.id, call.now, "password changed", but=call.session.digest)
        call.note(db, "user.password", f"user:{call.actor}", call.user.region)
    return call.go("/me", Notice(text=call.console.say("口令已更换，其他地方的登录已失效。")))


def choose_language(call: Call) -> Response:
    """Chinese or English, on this browser from now on."""
    wanted = call.field("language", 2)
    if wanted not in LANGUAGES:
        raise BadInput("没有这种语言")
    answer = call.go(call.back("/"))
    answer.set_cookie(
        LANGUAGE, wanted, max_age=LANGUAGE_S, path="/", secure=call.secure, httponly=True,
        samesite="strict",
    )  # fmt: skip
    return answer


ROUTES = (
    get("/sign-in", show, PUBLIC),
    post("/sign-in", sign_in, PUBLIC),
    post("/sign-in/code", sign_in_code, PUBLIC),
    post("/sign-out", sign_out, EVERYONE),
    post("/me/password", change_password, EVERYONE),
    post("/language", choose_language, PUBLIC),
)


def digest_of(token: str) -> str:
    """What the store knows of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def cookie_of(request: Request) -> str:
    """The token; over TLS only the cookie that no other host could have set."""
    return request.cookies.get(_cookie_name(request.url.scheme == "https"), "")[:200]


def owner_of(call: Call) -> int:
    """Whose session this was, though it has ended; 0 if nobody's."""
    if not call.cookie:
        return 0
    with call.house.database.reading() as db:
        return owner_of_session(db, digest_of(call.cookie))


def is_private(call: Call) -> bool:
    """Whether nobody between can read what is sent: TLS, or this very machine."""
    here = call.address in ("127.0.0.1", "::1") or call.address.startswith("127.")
    return call.secure or here or call.house.config.console.plain_http


def _refused(call: Call, name: str) -> Response:
    note_refused(call, name)
    return door(call, WRONG, status=401)


def _failures(db: Connection, call: Call, name: str) -> Failures:
    since, known_since = call.now - FAILURES_COUNT_FOR, call.now - KNOWN_FOR
    return failures_since(db, name, call.address, since, known_since)


def note_refused(call: Call, name: str, region: str = "", how: str = "password") -> None:
    """One more that counts against who guesses."""
    with call.house.database.transaction() as db:
        note_sign_in(db, name, call.address, call.now, succeeded=False)
        _audit(db, "session.refuse", name, region, call.now, f"{call.address} {how}")


def let_in(call: Call, user: User, how: str, answer: Response) -> Response:
    """A new session, whose token goes with the answer."""
    token = call.console.token()
    with call.house.database.transaction() as db:
        if call.cookie:  # a session that was there before never becomes this one
            end_session(db, digest_of(call.cookie), call.now, "signed in anew")
        start_session(db, digest_of(token), user, call.address, call.now)
        note_sign_in(db, user.name, call.address, call.now, succeeded=True)
        _audit(db, "session.start", user.name, user.region, call.now, f"{call.address} {how}")
    answer.set_cookie(
        _cookie_name(call.secure), token, path="/", secure=call.secure, httponly=True,
        samesite="strict",
    )  # fmt: skip
    return answer


# of a form that is given back: secrets and what no person typed
_KEPT_BACK = frozenset({"next", "draft", "password", "old", "new", "code", "key", "seen"})
FIELD_NAMES = {
    "reason": "理由", "other": "其他理由", "remark": "办理说明", "title": "标题",
    "summary": "事由", "lead": "主办", "cooperating": "协办", "conclusion": "结论",
    "department": "部门", "days": "时限", "note": "备注", "name": "名称", "shown": "姓名",
}  # fmt: skip


def typed_before(call: Call, user: User, draft: str) -> Response | None:
    """Back to what they had typed when their session ended."""
    found = call.console.keeping.draft(draft, user.id, call.now)
    if found is None:
        return None
    return call.page(
        "resume.html",
        draft=found,
        kept_back=_KEPT_BACK,
        field_names=FIELD_NAMES,
        move_names=STEP_NAMES,
    )


def _onward(call: Call, user: User) -> Response:
    """On to where they wanted to go, or back to what they had typed."""
    before = typed_before(call, user, call.field("draft", 100))
    wanted = local(call.field("next", 500) or "/")
    return before or RedirectResponse(wanted, status_code=303)


def door(call: Call, error: str = "", status: int = 200, draft: str = "") -> Response:
    """The page at which people sign in, with what went wrong."""
    return call.page(
        "sign_in.html",
        status=status,
        error=call.console.say(error) if error else "",
        next=local(call.field("next", 500) or call.query.get("next", "/")),
        draft=draft or call.field("draft", 100),
        oidc=call.house.config.console.oidc,
    )


def _audit(
    db: Connection, action: str, name: str, region: str, now: datetime, address: str
) -> None:
    shown = "".join(c for c in name[:60] if c.isprintable()) or "-"
    act = Act(
        at=now, actor=shown, action=action, object=f"user:{shown}", region=region, after=address
    )
    note(db, act)


def _cookie_name(secure: bool) -> str:
    return COOKIE if secure else PLAIN_COOKIE
