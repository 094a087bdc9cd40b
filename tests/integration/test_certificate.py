"""The signed account of a sweep equals the register, and anybody can check it offline."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from crawler.domain.audit import Act
from crawler.domain.case import CHINA
from crawler.domain.certificate import Certificate, Coverage
from crawler.domain.errors import BadInput
from crawler.domain.site import RECAPTURE, Sweep, SweepState
from crawler.service.certifying import (
    as_file,
    certify_day,
    certify_days,
    certify_missing,
    certify_sweep,
    checked_file,
    fingerprint,
    public_key,
    signed,
    signing_key,
)
from crawler.service.summing import summary_of, swept_sweep
from crawler.service.wiring import House, open_house
from crawler.store.anchors import latest_anchor
from crawler.store.audit import note
from crawler.store.certificates import latest_certificates
from crawler.store.tables import outbox, sites, visits
from crawler.store.visits import every_site, mark_sweep, start_sweep
from tests.builders import NOON
from tests.integration.packing_house import a_house
from tests.serving_house import told

OUTCOMES = ("seen", "seen", "timed_out", "name_not_found", "")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "house")
    yield made
    made.database.close()


def swept(house: House) -> Sweep:
    """Seven sites, five of them in a sweep, one of which is watched no longer."""
    with house.database.transaction() as db:
        for number in range(8):
            db.execute(insert(sites).values(
                domain=f"s{number}.example.cn", domain_shown="s", region="310118", unit_name="u",
                subject_kind="enterprise", site_name="", main_licence="", service_licence="",
                state="watched" if number < 6 else "paused", created_at=NOON, actor="t",
            ))  # fmt: skip
        chosen = every_site().where(sites.c.id <= 5)
        sweep = start_sweep(db, "all", chosen, now=NOON, actor="t", region="310118", render=True)
        for visit, outcome in zip(db.scalars(select(visits.c.id)).all(), OUTCOMES, strict=True):
            closed = NOON if outcome else None
            values = {"outcome": outcome, "closed_at": closed}
            db.execute(update(visits).where(visits.c.id == visit).values(values))
        mark_sweep(db, sweep.id, SweepState.FINISHED, NOON + timedelta(hours=1))
        db.execute(update(sites).where(sites.c.id == 2).values(state="retired"))
    return swept_sweep(house, sweep.id)


def due(house: House, at: datetime) -> None:
    with house.database.transaction() as db:
        db.execute(update(sites).values(due_at=at))


def test_what_was_due_and_nobody_went_to_was_not_captured(house: House) -> None:
    sweep = swept(house)
    due(house, NOON - timedelta(days=40))

    coverage = json.loads(certify_sweep(house, sweep, NOON).body)["coverage"]
    idle = json.loads(certify_day(house, NOON.date() + timedelta(days=1), NOON).body)["coverage"]

    assert (coverage["not_captured"], coverage["not_due"]) == (2, 0)
    assert (idle["not_captured"], idle["not_due"], idle["adds_up"]) == (5, 0, True)


def test_a_sum_that_does_not_come_to_the_register_is_said_and_refused(house: House) -> None:
    sweep = swept(house)
    lost = Coverage(watched=5, outcomes={"seen": 1}, overdue=1, not_due=2)
    with pytest.MonkeyPatch.context() as wrong:
        wrong.setattr("crawler.service.certifying.coverage_of_sweep", lambda *_: lost)
        certificate = certify_sweep(house, sweep, NOON)

    assert not json.loads(certificate.body)["coverage"]["adds_up"]
    with pytest.raises(BadInput, match="各项之和 4 不等于在册网站数 5"):
        checked_file(as_file(certificate))


def test_seen_failed_waiting_and_not_due_are_the_register(house: House) -> None:
    sweep = swept(house)
    due(house, NOON + timedelta(days=9))
    with house.database.transaction() as db:
        db.execute(update(sites).where(sites.c.id.in_([1, 2, 3, 6])).values(last_seen_at=NOON))
        db.execute(update(sites).where(sites.c.id == 3).values(last_picture_at=NOON))
    said = json.loads(certify_sweep(house, sweep, NOON).body)
    coverage = said["coverage"]
    assert coverage == {
        "watched": 5, "seen": 1, "failed": {"timed_out": 1, "name_not_found": 1},
        "not_captured": 1, "not_due": 1, "left": 1, "unrendered": 0, "unpictured": 2,
        "adds_up": True,
    }  # fmt: skip


def test_a_sweeps_summary_counts_its_own_sites_without_a_picture(house: House) -> None:
    sweep = swept(house)
    with house.database.transaction() as db:
        db.execute(update(sites).where(sites.c.id.in_([1, 3, 6])).values(last_seen_at=NOON))
        db.execute(update(sites).where(sites.c.id == 3).values(last_picture_at=NOON))
        start_sweep(db, "all", every_site(), now=NOON, actor="t", region="310118", render=True)

    assert summary_of(house, sweep.id).unpictured == 1


def test_it_is_made_once_anchored_and_told_once(house: House) -> None:
    sweep = swept(house)
    first = certify_sweep(house, sweep, NOON)
    again = certify_sweep(house, sweep, NOON + timedelta(hours=1))
    assert first == again
    with house.database.reading() as db:
        anchor = latest_anchor(db)
        assert anchor is not None
        assert anchor.at == NOON
        assert len(latest_certificates(db)) == 1


def test_a_sweep_after_which_the_process_died_is_certified_later(house: House) -> None:
    swept(house)
    for _ in range(2):
        certify_missing(house, NOON + timedelta(hours=2))
    with house.database.reading() as db:
        assert [one.kind for one in latest_certificates(db)] == ["sweep"]


def test_a_day_is_certified_once_though_nothing_was_looked_at(house: House) -> None:
    swept(house)
    due(house, NOON + timedelta(days=9))
    day = NOON.date()
    assert json.loads(certify_day(house, day, NOON).body)["coverage"]["seen"] == 1
    acted(house, NOON)
    for _ in range(2):
        certify_days(house, NOON + timedelta(days=2))
    with house.database.reading() as db:
        newest, *rest = latest_certificates(db)
    assert len(rest) == 1
    assert json.loads(newest.body)["coverage"]["not_due"] == 5


def acted(house: House, at: datetime) -> None:
    with house.database.transaction() as db:
        note(db, Act(at=at, actor="t", action="t", object="t", region="310118"))


def days_certified(house: House) -> list[int]:
    """How many days after the first each of them is, oldest first."""
    with house.database.reading() as db:
        days = [date.fromisoformat(one.of) for one in latest_certificates(db) if one.kind == "day"]
    return sorted((day - NOON.astimezone(CHINA).date()).days for day in days)


def test_every_day_of_a_downtime_is_certified_and_says_that_nobody_went(house: House) -> None:
    swept(house)
    due(house, NOON - timedelta(days=1))
    acted(house, NOON)
    acted(house, NOON + timedelta(days=4))  # the first since

    certify_days(house, NOON + timedelta(days=4))

    assert days_certified(house) == [0, 1, 2, 3]
    with house.database.reading() as db:
        said = [json.loads(one.body)["coverage"] for one in latest_certificates(db, limit=3)]
    assert [(one["not_captured"], one["not_due"]) for one in said] == [(5, 0)] * 3


def test_a_clock_a_year_ahead_certifies_no_day_to_come(house: House) -> None:
    acted(house, NOON)

    certify_days(house, NOON + timedelta(days=365))
    ahead = days_certified(house)
    certify_days(house, NOON + timedelta(days=1))
    certify_days(house, NOON + timedelta(days=6))

    assert ahead == []
    assert days_certified(house) == [0, 1]


def test_a_house_in_which_nobody_has_acted_certifies_no_day(house: House) -> None:
    certify_days(house, NOON)

    assert days_certified(house) == []


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[House]:
    """A house with a platform that subscribed to everything."""
    home = tmp_path / "told"
    home.mkdir()
    secret = "whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw=="
    endpoint = f'[[delivery.endpoints]]\nname="p"\nurl="https://p.cn/"\nsecret="{secret}"\n'
    (home / "xunwang.toml").write_text(f'region = "310118"\n{endpoint}', "utf-8")
    assert told(home, "lists").code == 0
    house = open_house(home)
    yield house
    house.database.close()


def test_it_is_told_to_who_subscribed(telling: House) -> None:
    certify_sweep(telling, swept(telling), NOON)
    certify_day(telling, NOON.date(), NOON)
    with telling.database.reading() as db:
        assert sorted(db.scalars(select(outbox.c.event))) == ["coverage.daily", "sweep.finished"]


def test_one_site_looked_at_again_is_certified_and_no_platform_hears_of_a_sweep(
    telling: House,
) -> None:
    again = replace(swept(telling), selection=f"{RECAPTURE}7")
    made = certify_sweep(telling, again, NOON)
    with telling.database.reading() as db:
        assert db.scalars(select(outbox.c.event)).all() == []
    assert json.loads(made.body)["sweep"]["selection"] == f"{RECAPTURE}7"


def test_anybody_checks_a_file_offline_and_a_changed_one_is_refused(
    house: House, tmp_path: Path
) -> None:
    certificate = certify_sweep(house, swept(house), datetime.now(UTC))
    file = tmp_path / "c.json"
    saved = told(house.home, "certificate", "save", str(certificate.id), "-o", str(file))
    assert saved.code == 0
    key = told(house.home, "certificate", "key").out.strip()
    assert key == fingerprint(certificate.key)
    nowhere = tmp_path / "nowhere"
    checked = told(nowhere, "certificate", "check", str(file), "--key", key)
    assert checked.code == 0
    assert f"{certificate.at.astimezone(CHINA):%Y-%m-%d %H:%M}" in checked.out
    assert "name_not_found" not in checked.out
    listed = told(nowhere, "certificate", "check", str(file), "--key", key, "--json")
    assert json.loads(listed.out)["fingerprint"] == key
    assert not nowhere.exists()
    assert told(nowhere, "certificate", "check", str(file), "--key", "00" * 16).code == 2
    assert told(nowhere, "certificate", "check", str(file), "--key", "").code == 2
    assert "没有核对钥匙" in told(nowhere, "certificate", "check", str(file)).out
    assert "没有核对钥匙" not in checked.out

    sound = json.loads(file.read_text("utf-8"))
    for change in (
        {"body": sound["body"].replace('"seen":1', '"seen":2')},
        {"signature": base64.b64encode(bytes(64)).decode()},
        {"signature": "?"},
        {"public_key": ""},
        {"body": 7},
    ):
        with pytest.raises(BadInput):
            checked_file(json.dumps(sound | change).encode())
    for content in (b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(BadInput):
            checked_file(content)
    assert checked_file(as_file(certificate))["fingerprint"] == key


def test_the_key_is_readable_by_its_owner_alone(house: House) -> None:
    certify_sweep(house, swept(house), NOON)
    file = house.home / "keys" / "certificate.pem"
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("not a key", "utf-8")
    refused = told(house.home, "certificate", "key")
    assert (refused.code, "无法读取" in refused.err) == (2, True)


def test_of_two_who_make_the_key_at_once_both_have_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def late(beside: str, file: Path) -> None:
        monkeypatch.setattr("crawler.service.certifying.os.link", link)
        signing_key(tmp_path)  # another was quicker
        link(beside, file)

    monkeypatch.setattr("crawler.service.certifying.os.link", late)
    ours = signing_key(tmp_path)

    assert public_key(tmp_path) == ours.public_key().public_bytes_raw()
    assert [one.name for one in (tmp_path / "keys").iterdir()] == ["certificate.pem"]
    assert (tmp_path / "keys" / "certificate.pem").stat().st_mode & 0o077 == 0


def test_a_key_that_could_not_be_written_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr("crawler.service.certifying.os.fsync", raising(OSError("full")))
        with pytest.raises(OSError, match="full"):
            signing_key(tmp_path)

    assert list((tmp_path / "keys").iterdir()) == []
    assert signing_key(tmp_path)


def raising(error: Exception) -> Callable[..., Any]:
    def raised(*_asked: object) -> Any:
        raise error

    return raised


def test_what_a_stranger_signed_is_read_with_suspicion(tmp_path: Path) -> None:
    coverage = {"watched": 1, "seen": 1, "failed": {}, "not_captured": 0, "not_due": 0}
    whole = {"kind": "\x1b[31mday", "of": "x", "at": "y", "region": "310118", "coverage": coverage}
    key = signing_key(tmp_path)

    def file_of(said: object) -> bytes:
        body = json.dumps(said).encode()
        blank = Certificate(kind="", of="", at=NOON, region="", body=body)
        return as_file(signed(blank, key))

    assert checked_file(file_of(whole))["kind"] == "[31mday"
    for name in ("kind", "of", "at", "region"):
        for bad in (whole | {name: 7}, {k: v for k, v in whole.items() if k != name}):
            with pytest.raises(BadInput):
                checked_file(file_of(bad))
    with pytest.raises(BadInput):
        checked_file(file_of(whole | {"coverage": {k: 1 for k in coverage if k != "watched"}}))
    for figures in (
        {"failed": {"\x1b[31mX": 0}},
        {"watched": "\x1b[31mX"},
        {"seen": -4, "not_due": 5},
        {"seen": 0.5, "not_due": 0.5},
    ):
        with pytest.raises(BadInput) as refused:
            checked_file(file_of(whole | {"coverage": coverage | figures}))
        assert str(refused.value).isprintable()
    for end in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        (tmp_path / "far.json").write_bytes(file_of(whole | {"at": end}))
        shown = told(tmp_path / "none", "certificate", "check", str(tmp_path / "far.json"))
        assert (shown.code, end in shown.out) == (0, True)
