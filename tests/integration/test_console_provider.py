"""统一身份登录 with a real provider on loopback: what it may say, each lie refused in one line."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.config import load_config
from crawler.domain.errors import BadInput
from crawler.domain.one_time import code_of, step_of
from crawler.domain.user import Role
from crawler.service import identifying
from crawler.service.console import keeping, providing
from crawler.store.audit import latest_acts
from tests.integration.console_house import PASSWORD, Answer, Clock, Served, Visitor, console
from tests.integration.provider_house import (
    SECRET,
    Provider,
    by_public_key,
    by_stranger,
    by_unknown_key,
    carrying_its_key,
    changed_after,
    ec_key,
    provider,
    rsa_key,
    settings_for,
    stripped,
    unsigned,
)
from tests.integration.test_console_factor import secret_on
from tests.serving_house import told

STRAY = "不是从这里开始的"
AWAY = "xunwang-away"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def there(clock: Clock) -> Iterator[Provider]:
    with provider(clock) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, clock: Clock, there: Provider) -> Iterator[Served]:
    with console(tmp_path / "home", clock, settings_for(there)) as served:
        served.account("shenlan", Role.OFFICER)
        yield served


def left(visitor: Visitor, path: str = "/sign-in/provider") -> str:
    answer = visitor.get(path)
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def signed_in(visitor: Visitor, there: Provider, name: str = "shenlan") -> Answer:
    return visitor.get(there.come(left(visitor), name))


def acts(house: Served) -> list[tuple[str, str, str]]:
    with house.house.database.reading() as db:
        return [(e.act.action, e.act.object, e.act.after) for e in latest_acts(db)]


def test_who_has_an_account_comes_in_by_the_provider(house: Served, there: Provider) -> None:
    visitor = house.visitor()
    assert (
        'href="/sign-in/provider?next=/alerts&amp;draft="'
        in visitor.get("/sign-in?next=/alerts").text
    )
    target = left(visitor, "/sign-in/provider?next=/alerts")
    asked = {key: one[0] for key, one in parse_qs(urlsplit(target).query).items()}

    answer = visitor.get(there.come(target, "shenlan"))

    assert answer.status == 200
    # no redirect: a strict cookie would stay behind
    assert 'content="0; url=/alerts"' in answer.text
    assert visitor.get("/me").status == 200
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/provider/back"
    assert asked["scope"] == "openid profile"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    started = [act for act in acts(house) if act[0] == "session.start"]
    assert started == [("session.start", "user:shenlan", "127.0.0.1 provider sub-shenlan")]


def test_the_cookies_are_for_this_site_alone_and_the_session_is_a_new_one(
    house: Served, there: Provider
) -> None:
    visitor = house.visitor()
    visitor.cookies["__Host-xunwang"] = "chosen-by-somebody-else"
    secure = {"X_Forwarded_Proto": "https"}
    away = visitor.get("/sign-in/provider", **secure)

    back = visitor.get(there.come(away.headers["location"], "shenlan"), **secure)

    said = away.headers["set-cookie"]
    assert said.startswith("__Host-xunwang-away=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"):
        assert part in said
    assert back.status == 200
    kept = dict(one.split("=", 1) for one in back.headers["set-cookie"].splitlines())
    assert "Max-Age=0" in kept["__Host-xunwang-away"]
    assert "SameSite=strict" in kept["__Host-xunwang"]
    assert "Secure" in kept["__Host-xunwang"]
    assert visitor.cookies["__Host-xunwang"] != "chosen-by-somebody-else"


def test_a_session_ends_absolutely_however_it_began(
    house: Served, there: Provider, clock: Clock
) -> None:
    visitor = house.visitor()
    signed_in(visitor, there)
    for _ in range(17):
        clock.move(minutes=28)
        visitor.get("/me")
    clock.move(minutes=5)

    assert visitor.get("/me").status == 303


TOKENS: dict[str, tuple[Any, str]] = {
    "alg none": (unsigned, "算法不被接受"),
    "unsigned": (stripped, "签名不对"),
    "HS256 with the public key": (by_public_key, "算法不被接受"),
    "another's signature": (by_stranger, "签名不对"),
    "a key that is not published": (by_unknown_key, "不在身份提供方公布的公钥里"),
    "its own key beside it": (carrying_its_key, "不在身份提供方公布的公钥里"),
    "changed after signing": (changed_after, "签名不对"),
    "no token": (lambda *_: "not.a-token", "无法解析"),
}


@pytest.mark.parametrize("which", TOKENS)
def test_a_word_that_is_not_the_providers_opens_nothing(
    house: Served, there: Provider, which: str
) -> None:
    there.token, said = TOKENS[which]
    visitor = house.visitor()

    answer = signed_in(visitor, there)

    assert (answer.status, said in answer.text) == (401, True), answer.text
    assert visitor.get("/me").status == 303
    assert [act for act in acts(house) if act[0] == "session.start"] == []
    assert [act[0] for act in acts(house)].count("session.refuse") == 1


NOW = int(Clock().now.timestamp())
CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://evil.example"}, "由 https://evil.example 签发"),
    "another's audience": ({"aud": "another"}, "aud 不符"),
    "no audience": ({"aud": None}, "aud 不符"),
    "two audiences and no party": ({"aud": ["xunwang", "another"]}, "azp 不符"),
    "another party": ({"azp": "another"}, "azp 不符"),
    "another nonce": ({"nonce": "x"}, "nonce 不符"),
    "no nonce": ({"nonce": None}, "nonce 不符"),
    "expired": ({"iat": NOW - 400, "exp": NOW - 100}, "100 秒前已过期"),
    "a clock that is ahead": ({"iat": NOW + 3_600, "exp": NOW + 9_999}, "比本机快 3600 秒"),
    "not yet": ({"nbf": NOW + 100}, "比本机快 100 秒"),
    "old": ({"iat": NOW - 3_600}, "3600 秒前签发"),
    "no end": ({"exp": None}, "没有可用的时间（exp）"),
    "an end that is no number": ({"exp": "tomorrow"}, "没有可用的时间（exp）"),
    "an end that is not a number": ({"exp": float("nan")}, "没有可用的时间（exp）"),
    "no name": ({"preferred_username": None}, "没有 preferred_username"),
    "a name that is none": ({"preferred_username": ["shenlan"]}, "没有 preferred_username"),
    "no subject": ({"sub": None}, "没有 preferred_username"),
}


@pytest.mark.parametrize("which", CLAIMS)
def test_a_word_that_is_not_for_us_now_opens_nothing(
    house: Served, there: Provider, which: str
) -> None:
    there.claims, said = CLAIMS[which]
    visitor = house.visitor()

    answer = signed_in(visitor, there)

    assert (answer.status, said in answer.text) == (401, True), answer.text
    assert visitor.get("/me").status == 303


def test_a_minute_of_skew_is_borne(house: Served, there: Provider) -> None:
    there.claims = {"iat": NOW + 55, "exp": NOW + 90}
    assert signed_in(house.visitor(), there).status == 200
    there.claims = {"iat": NOW - 300, "exp": NOW - 55}
    assert signed_in(house.visitor(), there).status == 200


def test_keys_change_hands_without_a_restart(house: Served, there: Provider) -> None:
    assert signed_in(house.visitor(), there).status == 200
    there.key, there.algorithm = ec_key("third"), "ES256"
    assert signed_in(house.visitor(), there).status == 401  # not published yet
    strange = {"kty": "EC", "crv": "SM2", "x": "AA", "y": "AA"}
    there.published = [strange, {"kty": "RSA"}, "?", ec_key("third")]
    assert signed_in(house.visitor(), there).status == 200


def test_a_key_that_is_too_short_or_for_another_use_signs_nothing(
    house: Served, there: Provider
) -> None:
    there.key = rsa_key("short", 1_024)
    there.published = [there.key]
    assert "没有公布可用的签名公钥" in signed_in(house.visitor(), there).text
    there.key = rsa_key("first")
    there.published = [there.key.as_dict(private=False) | {"use": "enc"}]
    assert "没有公布可用的签名公钥" in signed_in(house.visitor(), there).text


@pytest.mark.fault("C17")
@pytest.mark.parametrize("case", ["no state", "another state", "no cookie", "late", "replayed"])
def test_a_way_back_that_did_not_begin_here_leads_nowhere(
    house: Served, there: Provider, clock: Clock, case: str
) -> None:
    visitor = house.visitor()
    back = there.come(left(visitor), "shenlan")
    kept = visitor.cookies[AWAY]
    if case == "no state":
        back = back.replace("state=", "other=")
    elif case == "another state":
        back = re.sub(r"state=[^&]+", "state=x", back)
    elif case == "no cookie":
        visitor.cookies.clear()
    elif case == "late":
        clock.move(minutes=11)
    else:
        assert visitor.get(back).status == 200
        visitor = house.visitor()
        visitor.cookies[AWAY] = kept
    asked = len(there.asked)

    answer = visitor.get(back)

    assert (answer.status, STRAY in answer.text) == (400, True)
    assert len(there.asked) == asked  # the provider is not asked
    assert visitor.get("/me").status == 303


def test_a_way_back_that_failed_once_is_used_up(house: Served, there: Provider) -> None:
    visitor = house.visitor()
    back = there.come(left(visitor), "shenlan")
    kept = visitor.cookies[AWAY]
    assert visitor.get(re.sub(r"state=[^&]+", "state=x", back)).status == 400
    visitor.cookies[AWAY] = kept

    assert visitor.get(back).status == 400


def test_what_the_provider_refuses_is_said_in_its_word(house: Served, there: Provider) -> None:
    visitor = house.visitor()
    state = parse_qs(urlsplit(left(visitor)).query)["state"][0]
    answer = visitor.get(f"/sign-in/provider/back?state={state}&error=access_denied")
    assert "没有放行（access_denied）" in answer.text

    visitor = house.visitor()
    state = parse_qs(urlsplit(left(visitor)).query)["state"][0]
    answer = visitor.get(f"/sign-in/provider/back?state={state}&code=made-up")
    assert (answer.status, "答复 400：invalid_grant" in answer.text) == (401, True)


def test_nobody_is_made_by_the_provider_and_nobody_comes_back(
    house: Served, there: Provider
) -> None:
    admin = house.person("guan", Role.ADMIN, region="310000")
    admin.post("/people/shenlan", {"role": "officer", "region": "310118", "disabled": "yes"})

    for name in ("nobody", "shenlan"):
        answer = signed_in(house.visitor(), there, name)
        assert (answer.status, "没有这个用户，或已停用" in answer.text) == (403, True)
    assert "nobody" not in admin.get("/people").text


def test_roles_and_region_stay_ours(house: Served, there: Provider) -> None:
    there.claims = {"roles": ["admin"], "role": "admin", "region": "000000", "groups": ["admin"]}
    visitor = house.visitor()

    signed_in(visitor, there)

    assert visitor.get("/people").status == 403
    assert "310118" in visitor.get("/me").text


FAILS: dict[str, tuple[str, tuple[int, bytes], str]] = {
    "a redirect of keys": ("/keys", (302, b"http://127.0.0.1:9/"), "答复 302"),
    "a redirect of tokens": ("/token", (307, b"/elsewhere"), "答复 307"),
    "fifty megabytes": ("/token", (200, b"x" * 50_000_000), "超过 512 KiB"),
    "fifty megabytes of keys": ("/keys", (200, b"x" * 50_000_000), "超过 512 KiB"),
    "no JSON": ("/token", (200, b"<html>"), "不是 JSON 对象"),
    "very deep JSON": ("/keys", (200, b"[" * 200_000), "不是 JSON 对象"),
    "no token": ("/token", (200, b"{}"), "没有给出身份令牌"),
    "its own trouble": ("/token", (502, b""), "答复 502"),
    "no keys": ("/keys", (200, b'{"keys": []}'), "没有公布可用的签名公钥"),
}


@pytest.mark.parametrize("which", FAILS)
def test_a_provider_that_answers_nonsense_is_said_in_one_line(
    house: Served, there: Provider, which: str
) -> None:
    path, answer, said = FAILS[which]
    there.answers[path] = answer
    visitor = house.visitor()

    page = signed_in(visitor, there)

    assert page.status in (401, 503)
    assert said in page.text, page.text
    assert visitor.get("/me").status == 303
    assert not any(asked[0] == "/elsewhere" for asked in there.asked)  # nothing is followed


DOCUMENTS = {
    "another's": ({"issuer": "https://evil.example"}, "与设置的 issuer 不同"),
    "no way in": ({"authorization_endpoint": None}, "authorization_endpoint"),
    "a script": ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
    "a name and password": ({"token_endpoint": "https://u:p@x/"}, "token_endpoint"),
    "a line break": ({"jwks_uri": "https://x/\r\nX: y"}, "jwks_uri"),
}


@pytest.mark.parametrize("which", DOCUMENTS)
def test_a_document_that_cannot_be_used_is_said_at_the_door(
    house: Served, there: Provider, which: str
) -> None:
    there.document, said = DOCUMENTS[which]

    answer = house.visitor().get("/sign-in/provider")

    assert (answer.status, said in answer.text) == (503, True)
    assert "set-cookie" not in answer.headers


def test_other_hosts_that_its_document_names_must_be_public(house: Served, there: Provider) -> None:
    port = urlsplit(there.issuer).port
    there.document = {"token_endpoint": f"http://localhost:{port}/token"}

    answer = signed_in(house.visitor(), there)

    assert answer.status == 401
    assert not any(path == "/token" for path, *_ in there.asked)


def test_a_provider_that_is_away_is_said_and_counts_against_nobody(
    house: Served, there: Provider, clock: Clock
) -> None:
    there.answers["/token"] = (503, b"")
    for _ in range(31):
        assert signed_in(house.visitor(), there).status == 503
    del there.answers["/token"]

    assert signed_in(house.visitor(), there).status == 200


def test_made_up_ways_back_are_slowed_down(house: Served, there: Provider, clock: Clock) -> None:
    there.claims = {"nonce": "x"}
    for _ in range(30):
        assert signed_in(house.visitor(), there).status == 401
    there.claims = {}

    assert signed_in(house.visitor(), there).status == 429
    clock.move(minutes=16)
    assert signed_in(house.visitor(), there).status == 200


def test_a_provider_that_drips_is_left_at_the_deadline(
    house: Served, there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identifying, "WAIT_S", 0.5)
    there.drips = "/token"
    began = time.monotonic()

    answer = signed_in(house.visitor(), there)

    assert (answer.status, "秒内没有答完" in answer.text) == (503, True)
    assert time.monotonic() - began < 20  # it would have dripped for a minute


def test_a_slow_provider_does_not_take_the_console_along(
    tmp_path: Path, there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providing, "WAIT_FOR_TURN_S", 0.05)
    monkeypatch.setattr(keeping, "MOST_ASKING", 0)  # as if all were waiting for it
    with console(tmp_path / "home", settings=settings_for(there)) as house:
        visitor = house.visitor()

        assert "应答太慢" in visitor.get("/sign-in/provider").text
        assert visitor.get("/sign-in").status == 200
        assert there.asked == []


def test_the_second_factor_is_asked_for_here_too(
    tmp_path: Path, clock: Clock, there: Provider
) -> None:
    demanded = settings_for(there, rest='[console]\nsecond_factor = ["officer"]\n')
    with console(tmp_path / "home", clock, demanded) as house:
        house.account("shenlan", Role.OFFICER)
        there.claims = {"amr": ["mfa", "otp"], "acr": "3"}  # its own affair
        visitor = house.visitor()
        assert signed_in(visitor, there).status == 200
        page = visitor.get("/me/factor")
        assert 'name="password"' not in page.text  # they have none to use here
        code = code_of(secret_on(page), step_of(clock.now))
        clock.move(minutes=11)
        late = visitor.post("/me/factor", {"code": code})
        assert (late.status, "重新登录" in late.text) == (400, True)
        visitor.post("/sign-out")
        signed_in(visitor, there)
        secret = secret_on(visitor.get("/me/factor"))
        set_up = visitor.post("/me/factor", {"code": code_of(secret, step_of(clock.now))})
        assert set_up.status == 200
        clock.move(minutes=1)

        other = house.visitor()
        asked = signed_in(other, there)

        assert other.get("/today").status == 303  # the provider alone opens nothing
        entry = re.findall(r'name="entry" value="([^"]+)"', asked.text)[0]
        fields = {"entry": entry, "code": code_of(secret, step_of(clock.now)), "next": "/today"}
        assert other.post("/sign-in/code", fields).headers["location"] == "/today"
        assert other.get("/today").status == 200
        assert acts(house)[0][2] == "127.0.0.1 provider sub-shenlan code"


PASSWORDS = {"admin": (303, 403), "all": (303, 303), "none": (403, 403)}


@pytest.mark.parametrize("which", PASSWORDS)
def test_who_comes_in_by_password_still_is_a_setting(
    tmp_path: Path, clock: Clock, there: Provider, which: str
) -> None:
    with console(tmp_path / "home", clock, settings_for(there, f'passwords = "{which}"')) as house:
        house.account("guan", Role.ADMIN)
        house.account("shenlan", Role.OFFICER)

        came = tuple(house.visitor().sign_in(name).status for name in ("guan", "shenlan"))

        assert came == PASSWORDS[which]
        door = house.visitor().get("/sign-in").text
        assert ('name="password"' in door) == (which != "none")
        officer = house.visitor()
        signed_in(officer, there)
        changed = officer.post("/me/password", {"old": PASSWORD, "new": "another horse 10"})
        assert changed.status == (303 if which == "all" else 409)
        assert ("换口令" in officer.get("/me").text) == (which == "all")


def test_a_wrong_password_says_the_same_whoever_may_use_one(house: Served) -> None:
    assert "用户名或口令不对" in house.visitor().sign_in("shenlan", "wrong").text
    assert "请用统一身份登录" in house.visitor().sign_in("shenlan").text


def test_without_the_setting_there_is_no_such_door(tmp_path: Path, clock: Clock) -> None:
    with console(tmp_path / "home", clock) as house:
        assert "统一身份登录" not in house.visitor().get("/sign-in").text
        for path in ("/sign-in/provider", "/sign-in/provider/back?state=x&code=y"):
            assert house.visitor().get(path).status == 404


@pytest.mark.fault("C31")
def test_no_secret_of_the_provider_is_shown_or_written(
    house: Served, there: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = house.visitor()
    page = signed_in(visitor, there)
    there.claims = {"nonce": "x"}
    failed = signed_in(house.visitor(), there)

    written = repr(acts(house)) + page.text + failed.text + "".join(capsys.readouterr())
    form = next(form for path, _, form in there.asked if path == "/token")
    for secret in (SECRET, form["code"], form["code_verifier"]):
        assert secret not in written


@pytest.mark.fault("C21")
def test_next_leads_nowhere_else_after_the_provider_too(house: Served, there: Provider) -> None:
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
        visitor = house.visitor()
        target = left(visitor, f"/sign-in/provider?next={evil}")
        assert 'content="0; url=/"' in visitor.get(there.come(target, "shenlan")).text, evil


def test_what_was_typed_when_the_session_ended_is_not_lost(
    house: Served, there: Provider, clock: Clock
) -> None:
    visitor = house.visitor()
    signed_in(visitor, there)
    clock.move(minutes=45)
    late = visitor.post("/leads", {"address": "林某某举报"})
    draft = late.text.split('name="draft" value="')[1].split('"')[0]

    target = left(visitor, f"/sign-in/provider?draft={draft}")
    back = visitor.get(there.come(target, "shenlan"))

    assert "林某某举报" in back.text


WRONG = {
    "issuer": ('issuer = "http://sso.example.cn"', "issuer"),
    "query": ('issuer = "https://sso.example.cn/?x=y"', "issuer"),
    "address": ('address = "https://x.example.cn/console"', "address"),
    "scopes": ('scopes = "profile"', "openid"),
}


@pytest.mark.parametrize("which", WRONG)
def test_settings_that_would_not_be_safe_are_refused(tmp_path: Path, which: str) -> None:
    line, said = WRONG[which]
    given = {"issuer": '"https://sso.example.cn"', "client": '"x"', "address": '"https://x.cn"'}
    given[line.partition(" = ")[0]] = line.partition(" = ")[2]
    text = "[console.oidc]\n" + "\n".join(f"{key} = {value}" for key, value in given.items())
    (tmp_path / "xunwang.toml").write_text(text, "utf-8")

    with pytest.raises(BadInput, match=said):
        load_config(tmp_path)


def test_doctor_looks_at_the_provider(house: Served, there: Provider) -> None:
    def found() -> dict[str, Any]:
        listed = json.loads(told(house.house.config.home, "doctor", "--json").out)
        return next(one for one in listed if one["name"] == "统一身份登录")

    fine = found()
    there.answers["/keys"] = (404, b"")
    broken = found()

    assert fine["fine"]
    assert "2 个签名公钥" in fine["text"]
    assert fine["text"].endswith("http://127.0.0.1:8000/sign-in/provider/back")
    assert (broken["fine"], broken["text"]) == (False, "身份提供方答复 404")
