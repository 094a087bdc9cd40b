"""Files beside a task: kept, handed out as files only, refused when they are not what they say."""

import hashlib
import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crawler.domain.user import Role
from crawler.service.console.attaching import MOST_BYTES
from crawler.store.audit import acts_on
from tests.integration.console_house import UPLOADING, Answer, Served, Visitor, console
from tests.integration.console_seeds import seed_task

PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with console(tmp_path / "home") as served:
        yield served


@pytest.fixture
def task(house: Served) -> str:
    return f"/tasks/{seed_task(house.house, 'a.example.cn').id}"


@pytest.fixture
def officer(house: Served) -> Visitor:
    return house.person("shenlan", Role.OFFICER)


def attach(visitor: Visitor, task: str, name: str, content: bytes) -> Answer:
    return visitor.upload(f"{task}/attachments", content, name)


def test_a_file_is_kept_once_and_handed_out_as_a_file(
    house: Served, officer: Visitor, task: str
) -> None:
    assert attach(officer, task, "约谈笔录.pdf", PDF).status == 303

    assert "约谈笔录.pdf" in officer.get(task).text
    taken = officer.get(f"{task}/attachments/1")
    assert taken.body == PDF
    assert taken.headers["content-disposition"].startswith("attachment;")
    assert taken.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in taken.headers["content-security-policy"]
    assert "已有这份附件" in attach(officer, task, "又一次.pdf", PDF).text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("page.pdf", b"<script>alert(1)</script>"),
        ("noending", PDF),
        ("empty.png", b""),
        ("vector.svg", b"<svg onload=alert(1)>"),
    ],
)
def test_what_is_not_what_it_says_is_refused(
    officer: Visitor, task: str, name: str, content: bytes
) -> None:
    assert attach(officer, task, name, content).status == 400


def test_a_name_that_climbs_is_only_a_name(officer: Visitor, task: str) -> None:
    attach(officer, task, "../../etc/\u202efdp.pdf", PDF + b"2")

    text = officer.get(task).text
    assert ".." not in text
    assert "\u202e" not in text


def test_what_is_too_large_is_refused_before_it_is_kept(officer: Visitor, task: str) -> None:
    assert attach(officer, task, "big.pdf", PDF + b"x" * MOST_BYTES).status == 400
    assert attach(officer, task, "huge.pdf", PDF + b"x" * 2 * MOST_BYTES).status == 413


def test_what_is_far_too_large_is_answered_with_a_page_and_no_broken_connection(
    officer: Visitor, task: str
) -> None:
    ends = UPLOADING | {"Connection": "close"}  # so that nobody reads what is still on its way

    answer = officer.ask("POST", f"{task}/attachments", b"x" * 60 * 1024 * 1024, ends)

    assert answer.status == 413
    assert "提交的内容超过上限" in answer.text


def test_a_body_that_does_not_say_how_long_it_is_is_counted(officer: Visitor, task: str) -> None:
    head, end = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n',
        b"\r\n--b--\r\n",
    )
    chunk = PDF.ljust(1024 * 1024, b"x")

    def asked(chunks: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", officer.port, timeout=60)
        with closing(connection):
            connection.request(
                "POST", f"{task}/attachments", iter([head, *[chunk] * chunks, end]),
                {
                    "Cookie": "; ".join(f"{k}={v}" for k, v in officer.cookies.items()),
                    "Sec-Fetch-Site": "same-origin",
                    "Content-Type": "multipart/form-data; boundary=b",
                },
                encode_chunked=True,
            )  # fmt: skip
            return connection.getresponse().status

    assert [asked(1), asked(11)] == [303, 413]


def test_another_district_neither_sees_nor_adds(house: Served, officer: Visitor, task: str) -> None:
    elsewhere = house.person("jinshan", Role.OFFICER, region="310116")

    attach(officer, task, "theirs.pdf", PDF + b"4")
    theirs = f"/tasks/{seed_task(house.house, 'j.example.cn', region='310116').id}"

    assert elsewhere.get(f"{task}/attachments/1").status == 404
    assert elsewhere.get(theirs).status == 200
    assert elsewhere.get(f"{theirs}/attachments/1").status == 404  # by way of a task of their own
    assert attach(elsewhere, task, "a.pdf", PDF + b"3").status == 404


def test_a_task_takes_twenty_files_and_each_is_noted(house: Served, officer: Visitor) -> None:
    task = seed_task(house.house, "many.example.cn")
    path = f"/tasks/{task.id}"

    taken = [attach(officer, path, f"{n}.pdf", PDF + bytes([n])).status for n in range(21)]

    assert taken == [303] * 20 + [400]
    with house.house.database.reading() as db:
        acts = [one.act for one in acts_on(db, f"task:{task.number}")]
    noted = [(one.actor, one.after) for one in acts if one.action == "task.attach"]
    digests = [hashlib.sha256(PDF + bytes([n])).hexdigest() for n in range(20)]
    assert sorted(noted) == sorted(("shenlan", one) for one in digests)
