"""Operations are told once of what needs a person, and see figures that name nobody."""

import http.server
import json
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.testclient import TestClient

from alerts.reviewing import confirm
from alerts.tasking import move_task
from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.domain.schedule import FiringState, Schedule
from crawler.domain.task import Conclusion, Move
from crawler.service.metrics import metrics_route
from crawler.service.minding import mind
from crawler.service.wiring import House, open_house
from crawler.store.audit import note
from crawler.store.notices import open_notices
from crawler.store.schedules import add_schedule, firings_in, mark_firing, put_firing
from crawler.store.tables import circuits, outbox
from lexicons.loading import version_of
from tests.builders import NOON
from tests.integration.answering_house import a_desk, open_alert
from tests.integration.packing_house import a_house, seed_case

SECRET = "whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw=="


@dataclass
class Heard:
    """What came to the receiver and to the post office."""

    status: int = 200
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    port: int = 0
    smtp: int = 0
    answer: Callable[[str, bytes], bytes] = lambda _path, _body: b""


@contextmanager
def ears() -> Iterator[Heard]:
    heard = Heard()

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = {k.lower(): v for k, v in self.headers.items()} | {":path": self.path}
            heard.posted.append((asked, body))
            said = heard.answer(self.path, body)
            self.send_response(heard.status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    class Post(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 x\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    heard.mailed.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    servers = [
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook),
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post),
    ]
    heard.port, heard.smtp = (one.server_address[1] for one in servers)
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        for one in servers:
            one.shutdown()
            one.server_close()


def a_minded_house(folder: Path, heard: Heard, *, mail: bool = False, ops: str = "") -> House:
    folder.mkdir()
    mails = f'mail_to = ["a@b.cn"]\nsmtp = "127.0.0.1:{heard.smtp}"\n' if mail else ""
    (folder / "xunwang.toml").write_text(
        'region = "310118"\n[delivery]\nallow = ["127.0.0.0/8"]\n[ops]\nleast_free_mb = 0\n'
        f'webhook = "http://127.0.0.1:{heard.port}/"\nsecret = "{SECRET}"\n{mails}{ops}',
        "utf-8",
    )
    return open_house(folder)


def break_things(house: House) -> None:
    """A failed sweep, a paused receiver, a message that is late."""
    with house.database.transaction() as db:
        schedule = add_schedule(db, Schedule(name="每夜", cron="0 2 * * *", region="310118"), NOON)
        put_firing(db, schedule, NOON, FiringState.WAITING)
        (firing,) = firings_in(db)
        mark_firing(db, firing, FiringState.FAILED, NOON, reason="磁盘")
        db.execute(insert(circuits).values(
            endpoint="p", failures=3, blocked_until=None, paused="410", changed_at=NOON,
        ))  # fmt: skip
        db.execute(insert(outbox).values(
            id="01JV0000000000000000000000", event_key="k", event="alert.opened", endpoint="p",
            subject="alert:1", seq=1, body=b"{}", region="310118", state="waiting",
            created_at=NOON, due_at=NOON))  # fmt: skip


def keys(house: House) -> list[str]:
    with house.database.reading() as db:
        return [one.key for one in open_notices(db)]


def test_each_thing_is_told_once_while_it_lasts_and_again_when_it_comes_again(
    tmp_path: Path,
) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard, mail=True)
        break_things(house)
        later = NOON + timedelta(hours=2)
        for minute in range(3):
            mind(house, later + timedelta(minutes=minute))
        assert keys(house) == ["endpoint:p", "late:p", "schedule:每夜"]
        assert len(heard.posted) == 1
        headers, body = heard.posted[0]
        assert headers["webhook-signature"].startswith("v1,")
        assert {one["key"] for one in json.loads(body)["notices"]} == set(keys(house))
        assert len(heard.mailed) == 1
        assert "a@b.cn" in heard.mailed[0]

        with house.database.transaction() as db:
            db.execute(circuits.delete())
        mind(house, later + timedelta(hours=1))
        assert keys(house) == ["late:p", "schedule:每夜"]
        with house.database.transaction() as db:
            db.execute(insert(circuits).values(
                endpoint="p", failures=3, blocked_until=None, paused="again", changed_at=NOON,
            ))  # fmt: skip
        mind(house, later + timedelta(hours=2))
        assert len(heard.posted) == 2
        house.database.close()


def test_what_nobody_took_is_told_again(tmp_path: Path) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard)
        break_things(house)
        heard.status = 500
        mind(house, NOON + timedelta(hours=2))
        heard.status = 204
        mind(house, NOON + timedelta(hours=2, minutes=1))
        mind(house, NOON + timedelta(hours=2, minutes=2))
        assert len(heard.posted) == 2
        house.database.close()


@pytest.mark.fault("D17")
def test_a_disk_that_is_nearly_full_is_said(tmp_path: Path) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard)
        tight = house.config.ops.model_copy(update={"least_free_mb": 10**9})
        config = house.config.model_copy(update={"ops": tight})
        mind(House(config=config, database=house.database), NOON)
        assert keys(house) == ["disk"]
        house.database.close()


def figures(client: TestClient) -> str:
    return client.get("/metrics").text


def test_figures_are_whole_and_name_no_site(tmp_path: Path) -> None:
    house = a_house(tmp_path / "h")
    seed_case(house, "secret-name.example.cn")
    app = Starlette(routes=[metrics_route(house, lambda: NOON)])
    client = TestClient(app, client=("127.0.0.1", 1))
    said = figures(client)
    assert 'xunwang_sites{state="watched"} 1.0' in said
    assert "xunwang_captures_total 2.0" in said
    assert f'lexicon="{version_of(house.lexicon)[:12]}"' in said
    assert 'xunwang_memory_bytes{kind="parent"}' in said
    assert "xunwang_disk_free_bytes" in said
    assert "secret-name" not in said
    assert "xunwang_last_backup" not in said  # there was none
    with house.database.transaction() as db:
        note(db, Act(at=NOON, actor="x", action="backup.make", object="installation", region="",
                     after="9 files, 0 missing"))  # fmt: skip
    [when] = re.findall(r"^xunwang_last_backup_\w+ (\S+)$", figures(client), re.MULTILINE)
    assert float(when) == NOON.timestamp()
    for asker in ("10.0.0.9", "testclient"):
        assert TestClient(app, client=(asker, 1)).get("/metrics").status_code == 403
    house.database.close()


def test_a_webhook_without_a_secret_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "xunwang.toml").write_text('[ops]\nwebhook = "http://x.cn/"\n', "utf-8")
    with pytest.raises(BadInput, match="secret"):
        open_house(tmp_path)


def test_a_year_without_holidays_is_told_before_it_begins(tmp_path: Path) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard)

        mind(house, NOON)
        assert "calendar" not in keys(house)
        mind(house, datetime(2031, 12, 20, tzinfo=UTC))

        assert "calendar" in keys(house)
        house.database.close()


@pytest.mark.sqlite_only("PostgreSQL is backed up by pg_dump")
def test_a_backup_that_is_too_old_is_told_until_there_is_a_whole_one(tmp_path: Path) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard)
        day = timedelta(days=1)

        def acted(action: str, after: str, at: datetime, about: str = "installation") -> list[str]:
            act = Act(at=at, actor="x", action=action, object=about, region="", after=after)
            with house.database.transaction() as db:
                note(db, act)
            mind(house, at)
            return keys(house)

        mind(house, NOON + 9 * day)
        assert "backup" not in keys(house)  # nothing was ever done here
        assert "backup" not in acted("list.import", "", NOON)
        assert "backup" in acted("list.import", "", NOON + 4 * day)
        assert "backup" in acted("backup.make", "9 files, 1 missing", NOON + 4 * day)
        assert "backup" in acted("backup.make", "9 files, 10 missing", NOON + 4 * day)
        assert "backup" not in acted("backup.make", "9 files, 0 missing", NOON + 4 * day)
        assert "backup" not in acted("list.import", "", NOON + 7 * day)
        assert "backup" in acted("list.import", "", NOON + 7 * day + timedelta(minutes=1))
        [text] = [one["text"] for one in json.loads(heard.posted[-1][1])["notices"]]
        assert "最近一次完整的备份是" in text
        assert "backup" not in acted("backup.restore", "made …, 9 files", NOON + 8 * day)
        house.database.close()


def test_who_is_never_to_be_asked_for_a_backup_is_not(tmp_path: Path) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard, ops="backup_days = 0\n")
        with house.database.transaction() as db:
            note(db, Act(at=NOON, actor="x", action="a", object="b", region=""))

        mind(house, NOON + timedelta(days=400))

        assert "backup" not in keys(house)
        house.database.close()


def test_rechecks_that_nobody_makes_are_told(tmp_path: Path) -> None:
    with ears() as heard:
        house = a_minded_house(tmp_path / "h", heard)
        desk = a_desk(approval_from=None)
        task = confirm(house.database, open_alert(house.database).id, "wang", NOON, desk)
        found = Conclusion.RECTIFIED
        move_task(house.database, task.id, Move.ANSWER, "x", NOON, desk, conclusion=found)
        for move in (Move.CHECK, Move.CLOSE):
            move_task(house.database, task.id, move, "li", NOON, desk)

        mind(house, NOON + timedelta(hours=47))
        assert "rechecks" not in keys(house)
        mind(house, NOON + timedelta(hours=49))

        assert "rechecks" in keys(house)
        house.database.close()
