"""What is old and nobody holds goes; the rest stays whole, whatever dies on the way."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import delete, func, insert, select, update

from crawler.domain.assessment import Level
from crawler.domain.capture import Field, PageText
from crawler.domain.errors import BadInput, NotAllowed, TryLater
from crawler.domain.retention import Hold, HoldScope
from crawler.service import compacting, joining, retaining
from crawler.service.backing_up import back_up
from crawler.service.case_keeping import keep_cases
from crawler.service.catalogue import Catalogue
from crawler.service.compacting import PART, next_name
from crawler.service.holding import evidence_at_rest, keeping_alone
from crawler.service.joining import Joining
from crawler.service.opening import open_kept
from crawler.service.restoring import restore
from crawler.service.retaining import foresee, run
from crawler.service.sealing import settle_segments
from crawler.service.searching import engine_of
from crawler.service.wiring import House, open_house
from crawler.store.album_tables import pictures
from crawler.store.assessments import save_assessment
from crawler.store.audit import acts_on, broken_entries
from crawler.store.capture_checks import broken_capture
from crawler.store.captures import capture_of
from crawler.store.case_files import FOLDER
from crawler.store.case_tables import case_records
from crawler.store.database import Database
from crawler.store.evidence import SegmentWriter, segments_in
from crawler.store.holds import open_holds, put_hold, release
from crawler.store.keeping_tables import removed_captures, rewritten
from crawler.store.lead_tables import leads
from crawler.store.orphans import ORPHANS
from crawler.store.outbox import replay
from crawler.store.people_tables import sign_ins
from crawler.store.picture_texts import PictureWords, save_picture_words
from crawler.store.rewrites import drop_case_file, files_in
from crawler.store.search_tables import text_places
from crawler.store.tables import (
    alerts,
    audit,
    captures,
    cases,
    outbox,
    receipts,
    reviews,
    sites,
    tasks,
    texts,
    visits,
)
from crawler.store.texts import ReadText, save_texts
from crawler.store.verifying import Verification, verify
from indexer.engines import SearchRequest
from indexer.indexing import forget_removed, index_pending
from tests.builders import NO_TRIGGER, NOON, a_text, an_assessment
from tests.integration.packing_house import (
    Seeded,
    a_house,
    clean_visit,
    exported,
    relapse,
    seed_case,
)
from tests.integration.packing_house import visit as seen
from tests.serving_house import told

DAY = timedelta(days=1)
LATER = NOON + 3 * 365 * DAY  # pages are over, findings are not
MUCH_LATER = NOON + 6 * 365 * DAY
_workers = itertools.count(1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def a_site(house: House, domain: str) -> int:
    with house.database.transaction() as db:
        return db.execute(insert(sites).values(
            domain=domain, domain_shown=domain, region="310118", unit_name=domain,
            subject_kind="enterprise", site_name="", main_licence="", service_licence="",
            state="watched", created_at=NOON, actor="test",
        ).returning(sites.c.id)).scalar_one()  # fmt: skip


def a_quiet_site(house: House, domain: str, *days: int) -> list[str]:
    """Seen on these days after NOON, with nothing to say against it; its captures' ids."""
    site_id, made = a_site(house, domain), list[str]()
    for day in days:
        _, kept = seen(house, site_id, a_text(f"平安无事 {domain} {day}"), NOON + day * DAY)
        made += [one.id for one in kept]
    sealed(house)
    return made


def in_one_file(house: House, count: int) -> list[str]:
    """As many sites seen one after the other by one worker, and again much later; the ids of the
    first captures, two a site.
    """
    writers = [SegmentWriter(house.evidence, f"w{next(_workers)}", NOON) for _ in range(2)]
    first = []
    for number in range(count):
        site_id = a_site(house, f"s{number}.example.cn")
        for writer, day in zip(writers, (0, 1_090), strict=True):
            at = NOON + day * DAY + timedelta(seconds=10 * number)
            _, kept = seen(house, site_id, a_text(f"页面 {number} {day}"), at, into=writer)
            first += [one.id for one in kept] if not day else []
    for writer in writers:
        writer.close()
    sealed(house)
    return first


def sealed(house: House) -> None:
    settle_segments(house.database, house.evidence, NOON)


def verified(house: House, *ids: str) -> Verification:
    with house.database.reading() as db:
        return verify(db, house.evidence, ids)


def blocks(house: House, capture_id: str) -> list[bytes]:
    with house.database.reading() as db:
        capture = capture_of(db, capture_id)
    assert capture is not None
    return [open_kept(house, one) for one in capture.evidence]


def is_there(house: House, capture_id: str) -> bool:
    try:
        return bool(blocks(house, capture_id))
    except BadInput:
        return False


def hold(house: House, scope: HoldScope, object_: str = "") -> Hold:
    wanted = Hold(scope=scope, object=object_, reason="诉讼", actor="li", at=NOON)
    with house.database.transaction() as db:
        return put_hold(db, wanted)


def come_to_nothing(house: House) -> Seeded:
    """A case, kept in its own copy, whose alert was dismissed and whose site is clean now."""
    seeded = seed_case(house, "a.example.cn")
    clean_visit(house, seeded, "改好了", NOON + 10 * DAY)
    keep_cases(house, NOON)
    sealed(house)
    settle(house, seeded, "dismissed", "dismiss")
    return seeded


def settle(house: House, seeded: Seeded, state: str, *decisions: str) -> None:
    with house.database.transaction() as db:
        mine = alerts.c.id == seeded.alert_id
        db.execute(update(alerts).where(mine).values(state=state, settled_at=NOON + DAY))
        for one in decisions:
            db.execute(insert(reviews).values(
                alert_id=seeded.alert_id, decision=one, actor="wang", at=NOON, reason="",
                misled_by=[], region="310118",
            ))  # fmt: skip


def gone_of(house: House) -> set[str]:
    with house.database.reading() as db:
        return set(db.scalars(select(removed_captures.c.capture_id)))


@pytest.mark.fault("D35")
def test_only_what_is_old_and_nobody_holds_goes_and_the_chain_still_verifies(house: House) -> None:
    old = a_quiet_site(house, "a.example.cn", 0, 1_090)
    held = a_quiet_site(house, "b.example.cn", 0, 1_090)
    hold(house, HoldScope.SITE, "b.example.cn")

    gone = run(house, "ops", LATER)

    assert [is_there(house, one) for one in old] == [False, False, True, True]
    assert [is_there(house, one) for one in held] == [True] * 4
    found = verified(house)
    assert (gone.captures, found.faults, found.removed, found.links) == (2, (), 2, 8)
    with house.database.reading() as db:
        [entry] = acts_on(db, "removal:1")
        assert "2 captures" in entry.act.after
        assert list(broken_entries(db)) == []


def test_a_dry_run_says_what_would_go_and_touches_nothing(house: House) -> None:
    in_one_file(house, 3)
    before = {one.name: one.read_bytes() for one in house.evidence.iterdir()}

    going = foresee(house, LATER)

    assert {one.name: one.read_bytes() for one in house.evidence.iterdir()} == before
    gone = run(house, "ops", LATER)
    assert (going.captures, going.records, going.left) == (6, 12, 12)
    assert (gone.captures, gone.records) == (6, 12)
    head = gone.freed_bytes - going.size_bytes  # the record that the file began with
    assert 0 < head < 500


def test_what_is_held_in_the_midst_of_what_goes_opens_from_the_new_file(house: House) -> None:
    ids = in_one_file(house, 4)
    old, other = segments_in(house.evidence)
    held = [hold(house, HoldScope.CAPTURE, ids[n]) for n in (1, 4, 5)]
    before = {one: blocks(house, ids[one]) for one in (1, 4, 5)}

    gone = run(house, "ops", LATER)

    new = next_name(old)
    assert gone.captures == 5
    assert list(segments_in(house.evidence)) == [new, other]
    assert (house.evidence / new).stat().st_mode & 0o777 == 0o400
    assert {one: blocks(house, ids[one]) for one in before} == before
    assert verified(house).faults == ()

    with house.database.transaction() as db:
        release(db, held[0].id, "li", "结案", LATER)
    run(house, "ops", LATER)  # the new file is written anew too

    assert list(segments_in(house.evidence)) == [next_name(new), other]
    assert [is_there(house, ids[one]) for one in (1, 4, 5)] == [False, True, True]
    assert blocks(house, ids[5]) == before[5]
    assert verified(house).faults == ()
    with house.database.reading() as db:
        kept = capture_of(db, ids[5])
        assert kept is not None
        assert broken_capture(db, house.evidence, kept) == []


def test_a_new_file_that_is_changed_is_a_fault_that_names_the_capture(house: House) -> None:
    ids = in_one_file(house, 2)
    hold(house, HoldScope.CAPTURE, ids[1])
    run(house, "ops", LATER)
    new = house.evidence / next(segments_in(house.evidence))
    new.chmod(0o600)
    content = bytearray(new.read_bytes())
    content[-40] ^= 1
    new.write_bytes(content)

    assert ids[1] in {one.capture for one in verified(house).faults}


def test_asked_for_by_name_a_removed_capture_is_removed_and_not_missing(house: House) -> None:
    [one, *_] = a_quiet_site(house, "a.example.cn", 0, 1_090)
    run(house, "ops", LATER)

    found = verified(house, one)

    assert (found.faults, [n.capture for n in found.notices]) == ((), [one])
    assert f"已于 {LATER.astimezone():%Y-%m-%d} 按保存期限移除" in found.notices[0].reason
    said = told(house.home, "verify", one)
    assert said.code == 0
    assert "按保存期限移除" in said.out + said.err
    assert "另有 2 次采集" in told(house.home, "verify").out


@pytest.mark.parametrize("tamper", ["row", "trail", "more"])
def test_a_tombstone_that_the_trail_does_not_cover_hides_nothing(house: House, tamper: str) -> None:
    gone = a_quiet_site(house, "a.example.cn", 0, 1_090)
    run(house, "ops", LATER)
    assert verified(house).faults == ()
    with house.database.transaction() as db:
        if tamper == "row":
            db.execute(delete(removed_captures).where(removed_captures.c.capture_id == gone[0]))
        elif tamper == "more":
            db.execute(insert(removed_captures).values(
                capture_id=gone[2], removal_id=1, rule="pages", region=""
            ))  # fmt: skip
        else:
            db.exec_driver_sql(NO_TRIGGER[db.dialect.name])
            entry = audit.c.action == "evidence.remove"
            db.execute(update(audit).where(entry).values(after="1 captures"))

    assert "与审计记录不符" in " ".join(one.reason for one in verified(house).faults)


def confirmed(house: House, seeded: Seeded) -> None:
    settle(house, seeded, "confirmed", "confirm")


def confirmed_once(house: House, seeded: Seeded) -> None:
    settle(house, seeded, "dismissed", "confirm", "dismiss")


def still_open(house: House, seeded: Seeded) -> None:
    pass


def watched(house: House, seeded: Seeded) -> None:
    settle(house, seeded, "watched", "watch")


def on_hold(house: House, seeded: Seeded) -> None:
    settle(house, seeded, "dismissed", "dismiss")
    with house.database.reading() as db:
        number = db.scalar(select(cases.c.number))
    hold(house, HoldScope.CASE, str(number))


def with_a_task(house: House, seeded: Seeded) -> None:
    settle(house, seeded, "dismissed", "dismiss")
    with house.database.transaction() as db:
        db.execute(insert(tasks).values(
            number="T1", case_id=seeded.case_id, state="working", level="red", title="",
            summary="", region="310118", lead_code="", lead_name="", cooperating=[], rule="",
            drafted_by="", approved_by="", needs_approval=False, created_at=NOON, due_at=NOON,
            seq=1,
        ))  # fmt: skip


def all_held(house: House, seeded: Seeded) -> None:
    settle(house, seeded, "dismissed", "dismiss")
    hold(house, HoldScope.ALL)


@pytest.mark.parametrize(
    "why", [confirmed, confirmed_once, still_open, watched, on_hold, with_a_task, all_held]
)
def test_what_a_case_rests_on_never_goes_by_age(
    house: House, why: Callable[[House, Seeded], None]
) -> None:
    seeded = seed_case(house, "a.example.cn")
    clean_visit(house, seeded, "改好了", NOON + 10 * DAY)
    clean_visit(house, seeded, "还是好的", NOON + 20 * DAY)
    keep_cases(house, NOON)
    sealed(house)
    why(house, seeded)

    run(house, "ops", MUCH_LATER)

    assert [is_there(house, one.id) for one in seeded.captures] == [True, True]
    assert len(list((house.evidence / FOLDER).iterdir())) == 1
    assert verified(house).faults == ()


def test_while_a_case_is_open_every_look_at_its_sites_stays(house: House) -> None:
    """Since when did the page promise that? Nobody copied those looks, and nothing was found."""
    seeded = seed_case(house, "a.example.cn")
    visit_id = clean_visit(house, seeded, "当时还没有写", NOON - 10 * DAY)
    clean_visit(house, seeded, "改好了", NOON + 10 * DAY)
    sealed(house)
    with house.database.reading() as db:
        mine = select(captures.c.id).where(captures.c.visit_id == visit_id)
        before = list(db.scalars(mine))

    run(house, "ops", MUCH_LATER)
    assert all(is_there(house, one) for one in before)

    settle(house, seeded, "dismissed", "dismiss")
    run(house, "ops", LATER)
    assert not any(is_there(house, one) for one in before)


def test_what_was_confirmed_stays_before_and_after_the_case_has_its_copy(house: House) -> None:
    early, moved = seed_case(house, "a.example.cn"), seed_case(house, "b.example.cn")
    clean_visit(house, early, "改好了", NOON + 10 * DAY)  # no copy was made yet
    keep_cases(house, NOON)
    relapse(house, moved, "又来了", NOON + 10 * DAY)  # the alert shows another visit now
    clean_visit(house, moved, "改好了", NOON + 20 * DAY)
    with house.database.transaction() as db:
        db.execute(delete(case_records).where(case_records.c.case_id == early.case_id))
    sealed(house)
    confirmed(house, early)
    confirmed(house, moved)

    run(house, "ops", MUCH_LATER)

    assert [is_there(house, one.id) for one in early.captures + moved.captures] == [True] * 4


def test_a_hold_of_one_capture_keeps_the_copy_of_its_case(house: House) -> None:
    seeded = come_to_nothing(house)
    hold(house, HoldScope.CAPTURE, seeded.captures[0].id)

    run(house, "ops", MUCH_LATER)

    assert [is_there(house, one.id) for one in seeded.captures] == [True, False]
    assert len(list((house.evidence / FOLDER).iterdir())) == 1
    assert verified(house).faults == ()


def test_an_old_file_stays_where_the_new_one_is_not_what_was_written(house: House) -> None:
    ids = in_one_file(house, 2)
    hold(house, HoldScope.CAPTURE, ids[1])
    before = blocks(house, ids[1])
    assert run_until_killed(house, "compacting:_rewrite:after") == signal.SIGKILL
    [part] = house.evidence.glob(f"*{PART}")
    part.chmod(0o600)
    part.write_bytes(part.read_bytes()[:-1])  # a disk that lied about what it had written

    run(house, "ops", LATER)

    assert blocks(house, ids[1]) == before
    assert verified(house).faults == ()


def test_a_case_that_came_to_nothing_goes_after_five_years_with_its_own_copy(
    house: House, tmp_path: Path
) -> None:
    seeded = come_to_nothing(house)

    run(house, "ops", LATER)
    assert is_there(house, seeded.captures[0].id)  # three years: a finding is kept for five

    run(house, "ops", MUCH_LATER)
    assert not is_there(house, seeded.captures[0].id)
    assert list((house.evidence / FOLDER).iterdir()) == []
    assert verified(house).faults == ()
    assert keep_cases(house, MUCH_LATER) == 0  # nor is anything copied again
    exported(house, seeded.alert_id, tmp_path / "pack.zip")


def test_the_newest_look_at_each_site_stays_however_old(house: House) -> None:
    ids = a_quiet_site(house, "a.example.cn", 0, 1)

    run(house, "ops", MUCH_LATER)

    assert gone_of(house) == set(ids[:2])
    with house.database.reading() as db:  # the album shows what is there
        assert list(db.scalars(select(pictures.c.capture_id))) == [ids[3]]
    with house.database.transaction() as db:
        db.execute(update(sites).values(state="retired"))
    run(house, "ops", MUCH_LATER)  # nobody watches it any more
    assert gone_of(house) == set(ids)
    assert list(segments_in(house.evidence)) == []
    assert verified(house).faults == ()


def test_what_lies_in_a_file_that_is_still_written_waits(house: House) -> None:
    site_id = a_site(house, "a.example.cn")
    for day in (0, 1_090):
        seen(house, site_id, a_text(f"{day}"), NOON + day * DAY)

    assert run(house, "ops", LATER).captures == 0
    sealed(house)
    assert run(house, "ops", LATER).captures == 2


def test_what_somebody_complained_of_and_what_is_still_looked_at_wait(house: House) -> None:
    a_quiet_site(house, "a.example.cn", 0, 1_090)
    with house.database.transaction() as db:
        site_id = db.scalar(select(sites.c.id))
        db.execute(insert(leads).values(
            url="http://a.example.cn/", domain="a.example.cn", channel="12345", reference="",
            words="", reporter="", told_at=NOON, received_at=NOON, actor="x", region="310118",
            site_id=site_id, joined=False, state="received",
        ))  # fmt: skip
    assert run(house, "ops", LATER).captures == 0
    with house.database.transaction() as db:
        db.execute(update(leads).values(state="answered"))
        db.execute(update(visits).values(state="reading"))
    assert run(house, "ops", LATER).captures == 0
    with house.database.transaction() as db:
        db.execute(update(visits).values(state="closed"))
    assert run(house, "ops", LATER).captures == 2


@pytest.mark.sqlite_only("PostgreSQL has no embedded search")
def test_text_goes_from_store_and_index_with_its_last_page(house: House) -> None:
    a_quiet_site(house, "a.example.cn", 0, 1_090)
    engine = engine_of(house)
    index_pending(house.database, engine)
    asked = SearchRequest(words="平安无事")
    assert engine.find(asked).total == 2

    run(house, "ops", LATER)
    forget_removed(house.database, engine)

    assert engine.find(asked).total == 1
    with house.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(texts)) == 1
        assert db.scalar(select(func.count()).select_from(text_places)) == 1


@pytest.mark.sqlite_only("PostgreSQL has no embedded search")
def test_a_text_that_came_back_before_it_left_the_index_stays(house: House) -> None:
    a_quiet_site(house, "a.example.cn", 0, 1_090)
    engine = engine_of(house)
    index_pending(house.database, engine)
    run(house, "ops", LATER)
    seen(house, a_site(house, "b.example.cn"), a_text("平安无事 a.example.cn 0"), LATER)

    forget_removed(house.database, engine)
    index_pending(house.database, engine)

    assert engine.find(SearchRequest(words="平安无事")).total == 2


def test_far_too_much_at_once_waits_for_a_person(house: House) -> None:
    """A clock that is years off, or a slip in the settings."""
    site_id = a_site(house, "a.example.cn")
    writer = SegmentWriter(house.evidence, "many", NOON)
    for day in range(102):
        seen(house, site_id, a_text("x"), NOON + day * DAY, pictures=0, into=writer)
    writer.close()
    sealed(house)

    with pytest.raises(NotAllowed, match=r"超过 keep\.most_share"):
        run(house, "system", MUCH_LATER)

    assert gone_of(house) == set()
    assert told(house.home, "keep", "run").code == 0  # by today's clock nothing is old
    assert run(house, "ops", MUCH_LATER, sure=True).captures == 101


def test_messages_lose_their_words_and_never_go_out_again(house: House) -> None:
    rows = [("delivered", NOON), ("waiting", NOON), ("delivered", LATER)]
    with house.database.transaction() as db:
        for number, (state, at) in enumerate(rows):
            db.execute(insert(outbox).values(
                id=f"01JV000000000000000000000{number}", event_key=f"k{number}",
                event="alert.opened", endpoint="p", subject=f"alert:{number}", seq=1,
                body=b"{}", region="", state=state, created_at=at, due_at=at,
            ))  # fmt: skip
        db.execute(insert(receipts).values(
            delivery_id="01JV0000000000000000000000", at=NOON, reason="", body=b"secret"
        ))  # fmt: skip
        db.execute(insert(sign_ins).values(account="x", address="1.2.3.4", at=NOON, succeeded=True))

    gone = run(house, "ops", NOON + 1_200 * DAY)

    assert (gone.leftovers.messages, gone.leftovers.sign_ins) == (1, 1)
    with house.database.transaction() as db:
        bodies = dict(db.execute(select(outbox.c.event_key, outbox.c.body)).all())
        assert bodies == {"k0": b"", "k1": b"{}", "k2": b"{}"}
        assert replay(db, LATER, keys=["k0", "k2"]) == ["01JV0000000000000000000002"]
        assert db.scalar(select(func.count()).select_from(receipts)) == 0


def run_until_killed(house: House, point: str, now: datetime = LATER) -> int:
    """In a process of its own, which dies before or after a call; by which signal."""
    where, name, when = point.split(":")
    owner = {"os": os, "compacting": compacting, "path": Path}[where]
    if (child := os.fork()) == 0:
        try:
            setattr(owner, name, dying(getattr(owner, name), before=when == "before"))
            run(open_house(house.home), "ops", now)
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def dying(act: Callable[..., object], *, before: bool) -> Callable[..., None]:
    def instead(*given: object, **named: object) -> None:
        if not before:
            act(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return instead


@pytest.mark.parametrize(
    "point",
    [
        "compacting:_rewrite:before",  # tombstones stand, nothing was written
        "compacting:file_digest:before",
        "compacting:_carry:after",  # half a new file
        "compacting:put_successor:before",  # a whole one without a row
        "compacting:_rewrite:after",  # its row, not its name
        "os:link:after",  # its name; the old one is still there
        "path:unlink:before",
        "path:unlink:after",  # the old one is gone, nobody says so yet
        "compacting:mark_cleared:before",
    ],
)
def test_a_kill_in_the_middle_loses_nothing_and_the_next_go_finishes(
    house: House, point: str
) -> None:
    ids = in_one_file(house, 3)
    hold(house, HoldScope.CAPTURE, ids[2])
    before = blocks(house, ids[2])

    assert run_until_killed(house, point) == signal.SIGKILL
    assert blocks(house, ids[2]) == before  # as it lies there, with no repair
    assert verified(house).faults == ()
    sealed(house)  # a sweep that starts then is not stopped
    run(house, "ops", LATER)
    assert blocks(house, ids[2]) == before
    assert [is_there(house, one) for one in ids] == [False, False, True, False, False, False]
    assert verified(house).faults == ()
    assert verified(house).notices == ()
    assert not list(house.evidence.glob(f"*{PART}"))
    assert not (house.evidence / ORPHANS).exists()


def test_a_case_that_is_opened_again_before_its_old_copy_is_gone_loses_nothing(
    house: House,
) -> None:
    seeded = come_to_nothing(house)
    killed = run_until_killed(house, "compacting:finish:before", MUCH_LATER)
    assert killed == signal.SIGKILL

    relapse(house, seeded, "又来了", MUCH_LATER)
    settle(house, seeded, "open")
    keep_cases(house, MUCH_LATER)
    sealed(house)
    run(house, "ops", MUCH_LATER)

    assert len(list((house.evidence / FOLDER).iterdir())) == 1
    assert verified(house).faults == ()


def test_what_lies_on_another_machine_is_left_to_it_and_counted(house: House) -> None:
    a_quiet_site(house, "a.example.cn", 0, 1_090)
    rows = [
        ("w-m0badc0de-0000.warc.gz", "waiting", ""),
        ("w-m0badc0de-0001.warc.gz", "written", ""),
        ("w-m0badc0de-0002.warc.gz", "written", "w-m0badc0de-0002.k1.warc.gz"),
        (f"w-{house.mark}-0003.warc.gz", "written", ""),
    ]
    with house.database.transaction() as db:
        for name, state, successor in rows:
            db.execute(insert(rewritten).values(
                name=name, gaps=[], state=state, successor=successor, head=0, region="", at=NOON,
            ))  # fmt: skip

    run(house, "ops", LATER)

    with house.database.reading() as db:
        states = {one.name: str(one.state) for one in files_in(db)}
    assert [states[name] for name, _, _ in rows] == ["waiting", "written", "written", "cleared"]
    assert compacting.waits_elsewhere(house) == 3
    assert "另有 3 个文件在别的机器上" in told(house.home, "keep", "run").out


def test_a_machine_that_only_works_writes_anew_what_lies_with_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_quiet_site(house, "a.example.cn", 0, 1_090)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(retaining, "compact", lambda *_: 0)
        run(house, "ops", LATER)
    worker = Joining(house, cast(Catalogue, None), lambda: LATER, str)
    freed = list[int]()

    def once(*given: Any, **named: Any) -> int:
        freed.append(compacting.compact(*given, **named))
        worker.stop()
        return freed[-1]

    monkeypatch.setattr(joining, "compact", once)
    monkeypatch.setattr(joining, "clock_of", lambda _: None)  # a server's is not years ahead

    asyncio.run(asyncio.wait_for(worker.run(once=False), 30))

    assert [one > 0 for one in freed] == [True]
    assert verified(house).faults == ()


def test_of_several_machines_none_says_that_a_case_file_is_gone_which_it_has_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.database.transaction() as db:
        drop_case_file(db, "1.warc.gz", "", NOON)
    with monkeypatch.context() as several:
        several.setattr(Database, "is_shared", True)
        compacting.finish(house)
        assert compacting.waits_elsewhere(house) == 1

    with monkeypatch.context() as alone:  # a kill came before the mark
        alone.setattr(Database, "is_shared", False)
        compacting.finish(house)

    with house.database.reading() as db:
        assert [str(one.state) for one in files_in(db)] == ["cleared"]


def test_damaged_evidence_is_not_written_anew(house: House) -> None:
    ids = in_one_file(house, 2)
    hold(house, HoldScope.CAPTURE, ids[1])
    name = next(segments_in(house.evidence))
    (house.evidence / name).chmod(0o600)
    with (house.evidence / name).open("r+b") as file:
        file.seek(-40, os.SEEK_END)
        file.write(b"\x00")

    run(house, "ops", LATER)

    assert name in set(segments_in(house.evidence))
    assert any("封存时的摘要不符" in one.reason for one in verified(house).faults)


def test_a_capture_whose_manifest_was_changed_stays(house: House) -> None:
    """It may name places that are another's: nothing goes on its word."""
    ids = in_one_file(house, 2)
    with house.database.transaction() as db:
        mine = captures.c.id == ids[0]
        manifest = str(db.scalar(select(captures.c.manifest).where(mine)))
        changed = manifest.replace('"offset":', '"offset":1')
        db.execute(update(captures).where(mine).values(manifest=changed))

    assert run(house, "ops", LATER).captures == 3
    assert all(is_there(house, one) is False for one in ids[1:])


@pytest.mark.sqlite_only("PostgreSQL is backed up by pg_dump")
def test_a_backup_holds_what_is_left_and_the_orphans(house: House, tmp_path: Path) -> None:
    ids = in_one_file(house, 3)
    hold(house, HoldScope.CAPTURE, ids[2])
    before = blocks(house, ids[2])
    run(house, "ops", LATER)
    shelf = house.evidence / ORPHANS
    shelf.mkdir()
    (shelf / "x.from-9").write_bytes(b"nobody knows")

    made = back_up(house, tmp_path / "b.tar", "ops", LATER, settings=False)
    restore(tmp_path / "b.tar", tmp_path / "new", "ops", LATER, "310118")

    assert (made.missing, made.orphans) == ((), 1)
    restored = open_house(tmp_path / "new")
    assert blocks(restored, ids[2]) == before
    assert verified(restored).faults == ()
    assert (restored.evidence / ORPHANS / "x.from-9").read_bytes() == b"nobody knows"
    restored.database.close()
    (tmp_path / "b.tar").unlink()
    said = told(house.home, "backup", str(tmp_path / "b.tar"), "--no-orphans")
    assert "不含 evidence/orphans/" in "".join(said.err.split("\n"))


def test_nobody_verifies_or_backs_up_while_a_file_is_written_anew(house: House) -> None:
    rest = evidence_at_rest(house.home, wait_s=0.1)
    with evidence_at_rest(house.home, alone=True), pytest.raises(TryLater, match="稍后再试"):
        rest.__enter__()
    with keeping_alone(house.home), pytest.raises(TryLater):
        run(house, "ops", LATER)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("hold", "site:a.example.cn"), "请写明保全理由"),
        (("hold", "site:none.example.cn", "--reason", "诉讼"), "没有网站 none.example.cn"),
        (("hold", "a.example.cn", "--reason", "诉讼"), "请写明保全什么"),
        (("hold", "all:x", "--reason", "诉讼"), "不写对象"),
        (("hold", "site:", "--reason", "诉讼"), "须写明"),
        (("release", "9", "--reason", "结案"), "没有编号为 9 的保全"),
        (("release", "x", "--reason", "结案"), "请写明保全编号"),
    ],
)
def test_a_hold_says_of_what_and_why(house: House, line: tuple[str, ...], said: str) -> None:
    a_quiet_site(house, "a.example.cn", 0)

    refused = told(house.home, "keep", *line)

    assert (refused.code, said in refused.err.replace("\n", "")) == (2, True), refused.err


def test_holding_and_releasing_are_in_the_trail(house: House) -> None:
    a_quiet_site(house, "a.example.cn", 0)

    assert told(house.home, "keep", "hold", "site:a.example.cn", "--reason", "诉讼").code == 0
    assert (
        "已在保全中" in told(house.home, "keep", "hold", "site:a.example.cn", "--reason", "x").err
    )
    assert "a.example.cn" in told(house.home, "keep", "holds").out
    assert told(house.home, "keep", "release", "1", "--reason", "结案").code == 0

    with house.database.reading() as db:
        acts = [one.act for one in acts_on(db, "site:a.example.cn")]
        assert open_holds(db) == []
    assert [(one.action, one.actor) for one in acts] == [
        ("evidence.release", "ops"), ("evidence.hold", "ops"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ("pages_days = 30", "keep.pages_days 不能少于 90"),
        ("pages_days = 800\nfound_days = 700", "keep.found_days 不能短于"),
        ("sign_ins_days = 100", "keep.sign_ins_days 不能少于 183"),
        ("pages_days = -1", "keep.pages_days"),
        ("audit_days = 100", "keep.audit_days"),
        ("most_share = 0", "keep.most_share"),
    ],
)
def test_times_that_no_law_allows_are_refused(tmp_path: Path, settings: str, key: str) -> None:
    with pytest.raises(BadInput, match=key):
        a_house(tmp_path / "h", f"[keep]\n{settings}\n")


def test_nothing_goes_where_the_settings_say_for_ever(tmp_path: Path) -> None:
    made = a_house(tmp_path / "h", "[keep]\npages_days = 0\nfound_days = 0\n")
    a_quiet_site(made, "a.example.cn", 0, 1_090)

    assert run(made, "ops", MUCH_LATER).captures == 0
    made.database.close()


def read_in_picture(house: House, capture_id: str, said: str) -> str:
    """Words in the picture of a capture, judged with its page; their text's digest."""
    words = Field(name="ocr", text=said)
    read = PageText(fields=(words,))
    with house.database.transaction() as db:
        shot = db.execute(select(captures).where(captures.c.id == capture_id)).one()
        told = PictureWords(
            capture_id=capture_id, visit_id=shot.visit_id, region=shot.region, field=words
        )
        save_picture_words(db, [told], NOON)
        save_texts(db, [ReadText(text=read)], NOON)
        judged = an_assessment(visit_id=shot.visit_id, level=Level.NONE, text_digest=read.digest)
        save_assessment(db, judged, shot.site_id, shot.region)
    return read.digest


@pytest.mark.sqlite_only("PostgreSQL has no embedded search")
def test_words_read_in_a_picture_are_found_until_the_last_that_shows_them_is_removed(
    house: House,
) -> None:
    first, *_, last = a_quiet_site(house, "a.example.cn", 0, 1_090)
    old, *_ = a_quiet_site(house, "b.example.cn", 0, 1_090)
    *_, fresh = a_quiet_site(house, "c.example.cn", 1_090)
    gone = read_in_picture(house, first, "图上第一句")
    kept = {read_in_picture(house, last, "图上第二句"), read_in_picture(house, old, "图上第三句")}
    assert read_in_picture(house, fresh, "图上第三句") in kept
    engine = engine_of(house)
    index_pending(house.database, engine)
    assert set(engine.find(SearchRequest(words="图上第")).digests) == kept | {gone}

    run(house, "ops", LATER)
    forget_removed(house.database, engine)

    assert set(engine.find(SearchRequest(words="图上第")).digests) == kept
    with house.database.reading() as db:
        assert gone not in set(db.scalars(select(texts.c.digest)))
        assert gone not in set(db.scalars(select(text_places.c.text_digest)))
