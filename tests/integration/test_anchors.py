"""Heads told outside: what a chain cannot show alone, a statement that somebody stamped can."""

import subprocess
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from crawler.domain.errors import BadInput, NotAllowed, TryLater
from crawler.service.anchoring import anchor_heads, take_stamp
from crawler.service.stamping import ask_authority, request_for, stamp_from
from crawler.service.wiring import House
from crawler.store.anchors import anchor_now, latest_anchor, save_anchor
from crawler.store.audit import acts_on
from crawler.store.tables import anchors, audit, links
from crawler.store.verifying import verify
from tests.builders import NOON
from tests.integration.packing_house import a_house, changed_pack, exported, seed_case, verified

pytest.importorskip("rfc3161_client", reason="the extra `timestamp` is not installed")


class Authority(BaseHTTPRequestHandler):
    """A real time-stamp authority: openssl behind HTTP."""

    folder: Path
    answer: bytes | None = None

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        content = self.answer if self.answer is not None else stamped(self.folder, query)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


def stamped(folder: Path, query: bytes) -> bytes:
    (folder / "q.tsq").write_bytes(query)
    openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-out", "r.tsr")
    return (folder / "r.tsr").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, type[Authority]]]:
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(
        "[req]\ndistinguished_name=dn\n[dn]\n[ext]\nextendedKeyUsage=critical,timeStamping\n"
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=key.pem\n"
        "signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\n"
        "ess_cert_id_alg=sha256\n"
    )
    (folder / "serial").write_text("01\n")
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "key.pem", "-out", "tsa.pem", "-subj", "/CN=tsa", "-days", "9",
            "-config", "tsa.cnf", "-extensions", "ext")  # fmt: skip
    handler = type("Here", (Authority,), {"folder": folder})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://tsa.example.cn:{server.server_port}/tsr", handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def here(_host: str, _port: int) -> str:
    return "127.0.0.1"


def stamping_house(folder: Path, url: str) -> House:
    settings = f'[evidence]\ntimestamp_url = "{url}"\n[delivery]\nallow = ["127.0.0.0/8"]\n'
    return a_house(folder, settings)


def test_a_stamp_is_asked_for_and_says_its_moment(
    authority: tuple[str, type[Authority]], tmp_path: Path
) -> None:
    stamp = ask_authority(authority[0], "a statement", here)

    (tmp_path / "s.txt").write_text("a statement")
    (tmp_path / "s.tsr").write_bytes(stamp.token)
    certificate = authority[1].folder / "tsa.pem"
    openssl(tmp_path, "ts", "-verify", "-data", "s.txt", "-in", "s.tsr", "-CAfile",
            str(certificate))  # fmt: skip
    assert stamp.at.tzinfo is not None


def test_a_stamp_on_something_else_is_refused(authority: tuple[str, type[Authority]]) -> None:
    answer = stamped(authority[1].folder, request_for("another statement"))

    with pytest.raises(BadInput, match="不是盖在这份陈述上"):
        stamp_from(answer, "a statement")


@pytest.mark.parametrize("answer", [b"", b"<html>404</html>", b"\x30\x03\x02\x01"])
def test_a_senseless_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(BadInput, match="无法解析"):
        stamp_from(answer, "a statement")


def test_an_authority_that_is_away_is_for_later() -> None:
    with pytest.raises(TryLater, match="没有应答"):
        ask_authority("http://tsa.example.cn:1/", "a statement", here)


def test_an_address_that_is_not_permitted_is_not_dialled() -> None:
    def never(host: str, _port: int) -> str:
        raise NotAllowed(f"{host} 不是公网地址")

    with pytest.raises(NotAllowed):
        ask_authority("http://169.254.169.254/", "a statement", never)


NO_ADDRESS = ["ftp://x/", "http://", "http://u:p@x/", "file:///etc/passwd", "http://x:99999/",
              "http://x:y/", "http://[::1/"]  # fmt: skip


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(BadInput, match="timestamp_url"):
        ask_authority(url, "a statement", here)


def test_an_address_that_is_none_leaves_an_anchor_and_a_line(tmp_path: Path) -> None:
    house = stamping_house(tmp_path / "home", "http://tsa.example.cn:99999/")
    seed_case(house, "a.example.cn")

    done = anchor_heads(house, NOON)

    assert done is not None
    assert done.anchor.token is None
    assert "timestamp_url" in done.trouble
    house.database.close()


def test_heads_that_did_not_move_are_not_told_again(house: House) -> None:
    seed_case(house, "a.example.cn")
    first = anchor_heads(house, NOON)
    second = anchor_heads(house, NOON + timedelta(hours=1))
    seed_case(house, "b.example.cn")
    third = anchor_heads(house, NOON + timedelta(hours=2))

    assert first is not None
    assert second is None
    assert third is not None
    assert third.anchor.chains["test:chain"][0] > first.anchor.chains["test:chain"][0]
    with house.database.reading() as db:
        assert acts_on(db, f"anchor:{third.anchor.id}")[0].act.action == "chain.anchor"


def test_what_a_certificate_states_by_the_way_is_told_all_the_same(house: House) -> None:
    seed_case(house, "a.example.cn")
    with house.database.transaction() as db:
        save_anchor(db, anchor_now(db, NOON))  # as the certificate of a sweep does

    told = anchor_heads(house, NOON)
    with house.database.transaction() as db:
        save_anchor(db, anchor_now(db, NOON))

    assert told is not None
    assert anchor_heads(house, NOON) is None


def test_a_pack_carries_the_anchor_that_covers_it_and_its_stamp(
    authority: tuple[str, type[Authority]], tmp_path: Path
) -> None:
    house = stamping_house(tmp_path / "home", "http://127.0.0.1:" + authority[0].split(":")[2])
    seeded = seed_case(house, "a.example.cn")
    anchored = anchor_heads(house, NOON)
    seed_case(house, "later.example.cn")
    anchor_heads(house, NOON + timedelta(hours=1))

    exported(house, seeded.alert_id, tmp_path / "x.zip")
    house.database.close()

    assert anchored is not None
    assert anchored.trouble == ""
    code, lines = verified(tmp_path / "x.zip")
    assert code == 0, lines
    assert not any("没有覆盖" in line for line in lines)
    assert (
        f"chain/anchor-{anchored.anchor.id}.tsr" in zipfile.ZipFile(tmp_path / "x.zip").namelist()
    )


def test_a_stamp_that_is_swapped_in_a_pack_is_named(
    authority: tuple[str, type[Authority]], tmp_path: Path
) -> None:
    house = stamping_house(tmp_path / "home", "http://127.0.0.1:" + authority[0].split(":")[2])
    seeded = seed_case(house, "a.example.cn")
    anchor_heads(house, NOON)
    exported(house, seeded.alert_id, tmp_path / "x.zip")
    house.database.close()
    other = stamped(authority[1].folder, request_for("another statement"))

    def swap(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        return [(n, other if n.endswith(".tsr") else c) for n, c in members]

    code, lines = verified(changed_pack(tmp_path / "x.zip", tmp_path / "y.zip", swap))

    assert code == 1
    assert any("时间戳不是盖在锚点" in line for line in lines)


def test_an_anchor_of_another_chain_is_named(house: House, tmp_path: Path) -> None:
    seeded = seed_case(house, "a.example.cn")
    anchored = anchor_heads(house, NOON)
    exported(house, seeded.alert_id, tmp_path / "x.zip")
    assert anchored is not None
    link = anchored.anchor.chains["test:chain"][1]

    def forge(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        return [
            (n, c.replace(link.encode(), b"0" * 64) if n == "chain/chain.json" else c)
            for n, c in members
        ]

    code, lines = verified(changed_pack(tmp_path / "x.zip", tmp_path / "y.zip", forge))

    assert code == 1
    assert any("锚点" in line for line in lines)


def test_an_authority_that_fails_leaves_an_anchor_without_a_stamp(tmp_path: Path) -> None:
    house = stamping_house(tmp_path / "home", "http://127.0.0.1:1/")
    seed_case(house, "a.example.cn")

    done = anchor_heads(house, NOON)

    assert done is not None
    assert done.anchor.token is None
    assert "没有应答" in done.trouble
    house.database.close()


def test_a_stamp_carried_by_hand_is_taken_once(
    house: House, authority: tuple[str, type[Authority]]
) -> None:
    seed_case(house, "a.example.cn")
    done = anchor_heads(house, NOON)
    assert done is not None
    answer = stamped(authority[1].folder, request_for(done.anchor.statement))

    take_stamp(house, done.anchor.id, answer, NOON, "zhang")

    with house.database.reading() as db:
        kept = latest_anchor(db)
    assert kept is not None
    assert kept.token == answer
    with pytest.raises(NotAllowed, match="已有时间戳"):
        take_stamp(house, done.anchor.id, answer, NOON, "zhang")
    with pytest.raises(BadInput, match="没有编号"):
        take_stamp(house, 999, answer, NOON, "zhang")


def test_a_cut_tail_shows_against_the_last_anchor(house: House) -> None:
    """The chain by itself is sound after its end was cut off; the statement is not forgotten."""
    seed_case(house, "a.example.cn")
    done = anchor_heads(house, NOON)
    assert done is not None
    with house.database.transaction() as db:
        newest = db.scalar(select(links.c.seq).order_by(links.c.seq.desc()).limit(1))
        db.execute(delete(links).where(links.c.seq == newest))

    with house.database.reading() as db:
        now = anchor_now(db, NOON)
        assert db.scalar(select(anchors.c.id)) == done.anchor.id
        told = [one.reason for one in verify(db, house.evidence).faults]

    assert any("锚点" in one and "test:chain" in one for one in told)
    assert now.chains["test:chain"][0] < done.anchor.chains["test:chain"][0]


def test_an_anchor_that_the_trail_tells_of_is_missed(house: House) -> None:
    """Or its chain could be cut behind the one before."""
    seed_case(house, "a.example.cn")
    done = anchor_heads(house, NOON)
    assert done is not None
    with house.database.transaction() as db:
        assert not verify(db, house.evidence).faults
        db.execute(delete(anchors))

    with house.database.reading() as db:
        (fault,) = verify(db, house.evidence).faults
    assert f"锚点 {done.anchor.id}" in fault.reason


def test_a_trail_that_was_changed_is_named(house: House) -> None:
    seed_case(house, "a.example.cn")
    assert anchor_heads(house, NOON) is not None
    with house.database.transaction() as db:
        db.execute(text("DROP TRIGGER audit_no_update"))
        db.execute(update(audit).where(audit.c.action == "chain.anchor").values(actor="zhang"))

    with house.database.reading() as db:
        told = [one.reason for one in verify(db, house.evidence).faults]
    assert told
    assert all("审计记录第" in one for one in told)
