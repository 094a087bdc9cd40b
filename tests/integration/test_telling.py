"""New 红 and 橙 reach people by mail and group robot: a real post office, a real receiver."""

import base64
import email
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.calendars import load_calendar
from crawler.domain.assessment import Level
from crawler.domain.audit import Act
from crawler.domain.user import Role
from crawler.service.notifying import notify
from crawler.store.audit import note
from crawler.store.people import list_users, user_named
from crawler.store.tellings import tellings_of
from tests.builders import NOON
from tests.integration.console_house import Clock, Served, Visitor, console
from tests.integration.console_seeds import seed_alert
from tests.integration.test_minding import Heard, ears

EVENING = NOON + timedelta(hours=9)
MORNING = NOON + timedelta(hours=21, minutes=30)


@dataclass
class Office:
    """A house with one officer of 310118, a post office and a robot."""

    served: Served
    heard: Heard
    officer: Visitor
    clock: Clock

    @property
    def robot(self) -> str:
        return f"http://127.0.0.1:{self.heard.port}/send?key=secret1234"

    def keep(self, **fields: str) -> int:
        return self.officer.post("/me/told", fields).status

    def happens(self, domain: str, at: datetime = NOON, **more: object) -> None:
        made = seed_alert(self.served.house, domain, at=at, **more)  # type: ignore[arg-type]
        act = Act(
            at=at, actor="system", action="alert.opened", object=f"alert:{made.alert_id}",
            region="310118",
        )  # fmt: skip
        with self.served.house.database.transaction() as db:
            note(db, act)

    def round(self, at: datetime = NOON) -> None:
        notify(self.served.house, load_calendar(), at)

    @property
    def mails(self) -> list[tuple[str, str]]:
        found = [email.message_from_string(one, policy=default) for one in self.heard.mailed]
        return [
            (str(make_header(decode_header(one["Subject"]))), one.get_content()) for one in found
        ]

    @property
    def posts(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.heard.posted]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from _office(tmp_path, 'allow = ["127.0.0.0/8"]')


def _office(folder: Path, delivery: str) -> Iterator[Office]:
    with ears() as heard:
        settings = (
            f'region = "310000"\n[delivery]\n{delivery}\n[ops]\nsmtp = "127.0.0.1:{heard.smtp}"\n'
        )
        clock = Clock()
        with console(folder / "home", clock, settings) as served:
            officer = served.person("jing", Role.OFFICER)
            yield Office(served=served, heard=heard, officer=officer, clock=clock)


def test_a_new_red_is_mailed_and_posted_once(office: Office) -> None:
    office.happens("before.example.cn")
    assert (
        office.keep(
            mail="jing@example.gov.cn", robot="wecom", robot_address=office.robot, level="orange"
        )
        == 303
    )
    office.happens("after.example.cn")

    office.round()
    office.round()

    [(subject, text)] = office.mails
    assert subject == "巡网：新预警 1 条（红 1）"
    assert "红 · after.example.cn · 疑似承诺保本高收益" in text
    assert "before" not in text
    [post] = office.posts
    assert post["msgtype"] == "text"
    assert "after.example.cn" in str(post)


def test_nothing_of_the_page_or_of_a_person_is_told(office: Office) -> None:
    office.keep(mail="jing@example.gov.cn", level="red")
    office.happens(
        "p.example.cn", unit="王小明", kind="person",
        sentence="疑似王小明承诺高收益，联系人：李建国，电话 13812345678。\r\nBcc: x@y.cn",
    )  # fmt: skip

    office.round()

    [(_, text)] = office.mails
    for secret in ("王小明", "李建国", "13812345678", "季季返息 3.95%", "颐享金卡", "\nBcc"):
        assert secret not in text


def test_who_wants_red_only_or_sits_in_another_district_hears_of_nothing_else(
    office: Office,
) -> None:
    other = office.served.person("far", Role.OFFICER, region="310116")
    other.post("/me/told", {"mail": "far@example.gov.cn", "level": "orange"})
    office.keep(mail="jing@example.gov.cn", level="red")
    office.happens("orange.example.cn", level=Level.ORANGE)

    office.round()
    assert office.mails == []

    office.happens("red.example.cn")
    office.round()
    assert [subject for subject, _ in office.mails] == ["巡网：新预警 1 条（红 1）"]


def test_the_evenings_alerts_come_together_in_the_morning(office: Office) -> None:
    office.keep(mail="jing@example.gov.cn", level="red")
    for n in range(3):
        office.happens(f"n{n}.example.cn", at=EVENING)

    office.round(EVENING)
    assert office.mails == []
    office.round(MORNING)

    assert [subject for subject, _ in office.mails] == ["巡网：新预警 3 条（红 3）"]


def test_what_did_not_arrive_is_told_later_and_the_page_says_so(office: Office) -> None:
    office.keep(robot="feishu", robot_address=office.robot, level="red")
    office.happens("a.example.cn")
    office.heard.status = 500

    office.round()
    office.round()  # not again at once
    assert len(office.posts) == 1
    assert "连续 1 次没有送到" in office.officer.get("/me").text

    office.heard.status = 200
    office.happens("b.example.cn", at=NOON + timedelta(seconds=30))
    office.round(NOON + timedelta(minutes=2))
    said = json.dumps(office.posts[-1], ensure_ascii=False)
    assert "a.example.cn" in said
    assert "b.example.cn" in said
    assert "没有送到" not in office.officer.get("/me").text


def test_a_robot_inside_the_network_is_not_reached(tmp_path: Path) -> None:
    for office in _office(tmp_path, "allow = []"):
        office.keep(robot="dingtalk", robot_address=office.robot, level="red")
        office.happens("a.example.cn")

        office.round()

        assert office.posts == []
        assert "blocked_address" in office.officer.get("/me").text
        tried = office.officer.post("/me/told/try")
        assert tried.status == 303
        assert office.posts == []


def test_a_robots_key_is_neither_shown_nor_written_in_the_trail(office: Office) -> None:
    office.keep(robot="wecom", robot_address=office.robot, level="red")
    page = office.officer.get("/me").text
    auditor = office.served.person("audit", Role.AUDITOR, region="310000")

    assert "secret1234" not in page
    assert "…1234" in page
    assert "secret1234" not in auditor.get("/audit").text
    assert office.keep(robot="wecom", robot_address="", level="red") == 303  # keeps the former
    assert office.officer.post("/me/told/try").status == 303
    assert "巡网：试发" in str(office.posts)


KEY = "SECabcdef0123456789"


def a_robot_that_checks(way: str, key: str, now: datetime) -> Callable[[str, bytes], bytes]:
    """As the makers document it: HMAC-SHA256, Base64, DingTalk's in the address within an hour,
    Feishu's in the message.
    """

    def answer(path: str, body: bytes) -> bytes:
        told = parse_qs(urlsplit(path).query) if way == "dingtalk" else json.loads(body)
        given = {k: v[0] if isinstance(v, list) else v for k, v in told.items()}
        at, sign = str(given.get("timestamp", "")), str(given.get("sign", ""))
        line = f"{at}\n{key}".encode()
        mac = hmac.new(key.encode(), line, hashlib.sha256)
        if way == "feishu":
            mac = hmac.new(line, b"", hashlib.sha256)
        scale = 1000 if way == "dingtalk" else 1
        fresh = at.isdigit() and abs(int(at) / scale - now.timestamp()) < 3600
        if fresh and hmac.compare_digest(sign, base64.b64encode(mac.digest()).decode()):
            return b'{"errcode": 0, "code": 0}'
        return b'{"errcode": 310000, "code": 19021}'

    return answer


@pytest.mark.parametrize("way", ["dingtalk", "feishu"])
def test_a_robot_that_checks_signatures_takes_ours_and_no_others(office: Office, way: str) -> None:
    office.heard.answer = a_robot_that_checks(way, KEY, NOON)
    office.keep(robot=way, robot_address=office.robot, level="red")
    office.happens("a.example.cn")

    office.round()
    assert "机器人不收" in office.officer.get("/me").text
    office.keep(robot=way, robot_secret="SECanother0123456789", level="red")
    office.round()
    assert "机器人不收" in office.officer.get("/me").text
    office.keep(robot=way, robot_secret=KEY, level="red")
    office.round()

    page = office.officer.get("/me").text
    assert "机器人不收" not in page
    assert len(office.posts) == 3
    assert "a.example.cn" in str(office.posts[-1])
    auditor = office.served.person("audit", Role.AUDITOR, region="310000")
    for text in (page, auditor.get("/audit").text, str(office.posts)):
        assert KEY not in text
    office.keep(robot=way, robot_address=office.robot, level="red")  # another robot: no key
    office.happens("b.example.cn", at=NOON + timedelta(seconds=1))
    office.round()
    assert "机器人不收" in office.officer.get("/me").text


def test_bad_addresses_are_refused_and_nothing_is_kept(office: Office) -> None:
    for fields in (
        {"mail": "a@b.cn\r\nBcc: x@y.cn"},
        {"robot": "wecom"},
        {"robot": "wecom", "robot_address": "ftp://x.cn/"},
        {"robot": "smoke", "robot_address": "https://x.cn/"},
        {"robot": "wecom", "robot_address": "https://x.cn/", "robot_secret": KEY},
        {"robot": "feishu", "robot_address": "https://x.cn/", "robot_secret": "short"},
        {"robot": "feishu", "robot_address": "https://x.cn/", "robot_secret": "with a space"},
        {
            "robot": "feishu",
            "robot_address": "https://x.cn/",
            "robot_secret": "密钥密钥密钥密钥密钥",
        },
    ):
        assert office.keep(**fields) == 400
    with office.served.house.database.reading() as db:
        user = user_named(db, "jing")
        assert user is not None
        assert tellings_of(db, user.id) == []


def test_somebody_disabled_hears_no_more(office: Office) -> None:
    office.keep(mail="jing@example.gov.cn", level="red")
    admin = office.served.person("admin", Role.ADMIN, region="310000")
    with office.served.house.database.reading() as db:
        assert len(list_users(db)) == 2
    admin.post("/people/jing", {"role": "officer", "region": "310118", "disabled": "yes"})
    office.happens("a.example.cn")

    office.round()

    assert office.mails == []
