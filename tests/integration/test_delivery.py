"""The outbox on a real store: nothing lost, nothing new twice, order kept, whatever the receiver
does.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import Connection, select

from alerts.delivering import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE,
    LEASE,
    deliver_due,
    forget_future,
    pause,
    replay_deliveries,
    resume,
)
from crawler.config import DeliverySettings
from crawler.domain.delivery import SCHEDULE_S, Delivery, DeliveryState, Endpoint, Receipt
from crawler.service.desks import courier_of, poster_of
from crawler.store.audit import latest_acts
from crawler.store.circuits import Circuit, circuit_of, save_circuit
from crawler.store.database import Database, open_database
from crawler.store.outbox import (
    claim_due,
    delivery_counts,
    delivery_of,
    next_seq,
    put,
    receipts_of,
    release,
)
from crawler.store.tables import outbox
from tests.builders import NOON
from tests.integration.answering_house import Clock, Platform, a_courier, a_delivery, an_endpoint
from tests.integration.packing_house import a_house
from tests.stores import a_database

ALL_S = sum(SCHEDULE_S) * 1.3
ALL_DAY = timedelta(days=1)
PLATFORM = (an_endpoint(),)


def an_outbox(folder: Path, *deliveries: Delivery) -> Database:
    database = a_database(folder)
    with database.transaction() as db:
        put(db, deliveries)
    return database


def the_delivery(db: Connection, delivery_id: str) -> Delivery:
    found = delivery_of(db, delivery_id)
    assert found is not None
    return found


def answering(*statuses: int | None) -> Callable[[Delivery], int | None]:
    """These answers one after the other, then success."""
    waiting = list(statuses)
    return lambda delivery: waiting.pop(0) if waiting else 204


def test_what_is_due_is_delivered_once_and_never_again(tmp_path: Path) -> None:
    database, platform, clock = an_outbox(tmp_path, a_delivery(1)), Platform(), Clock()

    first = deliver_due(a_courier(database, platform, clock), PLATFORM)
    second = deliver_due(a_courier(database, platform, clock), PLATFORM)

    assert (first.delivered, second.delivered) == (1, 0)
    assert len(platform.seen) == 1


def test_the_same_event_is_put_once_for_an_endpoint(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    again = replace(a_delivery(1), id="01JV0000000000000000000009")

    with database.transaction() as db:
        counts = [put(db, [a_delivery(1)]), put(db, [again])]
        other = put(db, [replace(again, endpoint="city")])

    assert (counts, other) == ([1, 0], 1)


@pytest.mark.fault("K04")
def test_trouble_is_tried_again_on_the_schedule_with_every_receipt_kept(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, a_delivery(1)), Clock()
    platform = Platform(answering(500, None, 503))
    courier = a_courier(database, platform, clock)

    for wait_s in SCHEDULE_S[:3]:
        deliver_due(courier, PLATFORM)
        clock.go(wait_s * 0.5)
        deliver_due(courier, PLATFORM)  # too early: nothing goes out
        clock.go(wait_s * 0.5)
    deliver_due(courier, PLATFORM)

    with database.reading() as db:
        receipts = receipts_of(db, platform.seen[0].id)
    assert [one.status for one in receipts] == [500, None, 503, 204]
    assert set(platform.ids) == {a_delivery(1).id}


@pytest.mark.fault("K08")
def test_a_message_refused_for_good_is_given_up_with_its_reason_and_can_be_replayed(
    tmp_path: Path,
) -> None:
    database, clock = an_outbox(tmp_path, a_delivery(1)), Clock()
    platform = Platform(answering(*[404] * 10))
    courier = a_courier(database, platform, clock)

    for wait_s in (0, *SCHEDULE_S):
        clock.go(wait_s)
        deliver_due(courier, PLATFORM)
    with database.reading() as db:
        dead = the_delivery(db, a_delivery(1).id)
    replayed = replay_deliveries(database, "wang", clock(), endpoint="platform")
    deliver_due(courier, PLATFORM)

    assert (dead.state, dead.last_reason) == (DeliveryState.GIVEN_UP, "http_error：404")
    assert replayed == [dead.id]
    with database.reading() as db:
        assert the_delivery(db, dead.id).state is DeliveryState.DELIVERED
        acts = [one.act.action for one in latest_acts(db)]
    assert acts == ["delivery.replay", "delivery.give_up"]


@pytest.mark.fault("K05")
def test_a_receiver_that_asks_for_time_gets_it(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(9))), Clock()

    class Busy(Platform):
        def send(self, endpoint: Endpoint, delivery: Delivery, at: object) -> Receipt:
            receipt = super().send(endpoint, delivery, clock())
            return replace(receipt, status=429, retry_after_s=3_600.0)

    platform = Busy()
    courier = a_courier(database, platform, clock, lanes=1)
    deliver_due(courier, PLATFORM)
    clock.go(3_500)
    held = deliver_due(courier, PLATFORM)

    assert len(platform.seen) == 1
    assert "platform" in held.held_back


@pytest.mark.fault("K07")
def test_410_pauses_the_endpoint_and_loses_nothing(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, a_delivery(1), a_delivery(2)), Clock()
    platform = Platform(answering(410, 410))
    courier = a_courier(database, platform, clock)

    deliver_due(courier, PLATFORM)
    clock.go(ALL_S)
    held = deliver_due(courier, PLATFORM)
    with database.reading() as db:
        waiting = the_delivery(db, platform.seen[0].id)
    resume(database, "platform", "wang", clock())
    after = deliver_due(courier, PLATFORM)

    assert "410" in held.held_back["platform"]
    assert (waiting.attempts, waiting.state) == (0, DeliveryState.WAITING)
    assert after.delivered == 2


def test_an_endpoint_paused_by_hand_gets_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    database, platform, clock = an_outbox(tmp_path, a_delivery(1)), Platform(), Clock()
    courier = a_courier(database, platform, clock)
    pause(database, "platform", "wang", clock(), "系统割接")

    held = deliver_due(courier, PLATFORM)

    assert (held.held_back, platform.seen) == ({"platform": "系统割接"}, [])


def test_a_failing_endpoint_is_left_alone_and_then_tried_with_one_message(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(100))), Clock()
    platform = Platform(lambda delivery: 500)
    courier = a_courier(database, platform, clock, lanes=4)

    deliver_due(courier, PLATFORM)
    after_first = len(platform.seen)
    clock.go(FIRST_PAUSE.total_seconds() * 2 ** (8 - FAILURES_TO_OPEN) + 1)
    deliver_due(courier, PLATFORM)

    assert after_first == 8  # two rows of four lanes hold the fifth failure
    assert len(platform.seen) == 9


@pytest.mark.fault("K09")
def test_after_six_hours_of_silence_everything_arrives(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(300))), Clock()
    back_at = NOON + timedelta(hours=6)
    platform = Platform(lambda delivery: 204 if clock() >= back_at else None)
    courier = a_courier(database, platform, clock)

    for _ in range(6 * 12 + 60):
        deliver_due(courier, PLATFORM)
        clock.go(300)

    with database.reading() as db:
        counts = delivery_counts(db)
    assert counts == {("platform", DeliveryState.DELIVERED): 300}


@pytest.mark.fault("K10")
def test_a_slow_endpoint_keeps_no_other_waiting(tmp_path: Path) -> None:
    slow = [replace(a_delivery(n), endpoint="slow") for n in range(8)]
    fast = [a_delivery(n + 100) for n in range(8)]
    database, clock = an_outbox(tmp_path, *slow, *fast), Clock()
    fast_done = threading.Event()

    class TwoSpeeds(Platform):
        def send(self, endpoint: Endpoint, delivery: Delivery, at: object) -> Receipt:
            if endpoint.name == "slow":
                assert fast_done.wait(timeout=10)
            receipt = super().send(endpoint, delivery, clock())
            if sum(one.endpoint == "platform" for one in self.seen) == 8:
                fast_done.set()
            return receipt

    courier = a_courier(database, TwoSpeeds(), clock)
    summary = deliver_due(courier, (an_endpoint(name="slow"), an_endpoint()))

    assert summary.delivered == 16


@pytest.mark.fault("K12")
def test_killed_between_sending_and_marking_it_is_sent_again_with_the_same_id(
    tmp_path: Path,
) -> None:
    database, clock = an_outbox(tmp_path, a_delivery(1)), Clock()

    class Killed(Platform):
        def send(self, endpoint: Endpoint, delivery: Delivery, at: object) -> Receipt:
            super().send(endpoint, delivery, clock())
            raise SystemExit("killed")

    dying, living = Killed(), Platform()
    with pytest.raises(SystemExit):
        deliver_due(a_courier(database, dying, clock), PLATFORM)
    early = deliver_due(a_courier(database, living, clock), PLATFORM)
    clock.go(LEASE.total_seconds() + 1)
    late = deliver_due(a_courier(database, living, clock), PLATFORM)

    assert (early.delivered, late.delivered) == (0, 1)
    assert living.ids == dying.ids


@pytest.mark.fault("K13")
def test_two_couriers_never_hold_the_same_message(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(200))), Clock()
    platform = Platform()
    one = a_courier(database, platform, clock, batch=7)
    two = a_courier(open_database(str(database.engine.url)), platform, clock, batch=7,
                    token=iter(f"other-{n}" for n in range(999)).__next__)  # fmt: skip

    workers = [threading.Thread(target=deliver_due, args=(c, PLATFORM)) for c in (one, two)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)

    assert Counter(platform.ids).most_common(1)[0][1] == 1
    assert len(platform.ids) == 200


@pytest.mark.fault("K13")
def test_a_claim_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(
    tmp_path: Path,
) -> None:
    database, clock = an_outbox(tmp_path, a_delivery(1)), Clock()
    quick = Platform()

    class Late(Platform):
        def send(self, endpoint: Endpoint, delivery: Delivery, at: object) -> Receipt:
            clock.go(LEASE.total_seconds() + 1)
            deliver_due(a_courier(database, quick, clock, token=lambda: "quick"), PLATFORM)
            return replace(super().send(endpoint, delivery, clock()), status=500)

    summary = deliver_due(a_courier(database, Late(), clock), PLATFORM)

    assert (summary.delivered, summary.later) == (0, 0)
    with database.reading() as db:
        assert the_delivery(db, a_delivery(1).id).state is DeliveryState.DELIVERED


@pytest.mark.fault("K13")
@pytest.mark.parametrize("longest_s", [5.0, 20.0, 110.0])
def test_nothing_is_sent_that_could_outlive_its_claim(tmp_path: Path, longest_s: float) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(12))), Clock()
    late: list[timedelta] = []

    class Slow(Platform):
        def send(self, endpoint: Endpoint, delivery: Delivery, at: object) -> Receipt:
            clock.go(longest_s - 0.5)
            with database.reading() as db:
                until = db.scalar(select(outbox.c.claimed_until).where(outbox.c.id == delivery.id))
            assert until is not None
            late.append(clock() - until)
            return super().send(endpoint, delivery, clock())

    longest = timedelta(seconds=longest_s)
    turn = timedelta(hours=1)
    courier = a_courier(database, Slow(), clock, lanes=1, longest_send=longest, turn=turn)
    summary = deliver_due(courier, PLATFORM)

    assert summary.delivered == len(late) == 12  # in several claims
    assert max(late) <= timedelta()


@pytest.mark.parametrize("timeout_s", [0.1, 3_600.0])
def test_how_long_a_delivery_may_take_is_bounded(timeout_s: float) -> None:
    with pytest.raises(ValidationError):
        DeliverySettings(timeout_s=timeout_s)


def test_the_time_limit_of_the_settings_is_the_couriers(tmp_path: Path) -> None:
    house = a_house(tmp_path, "[delivery]\ntimeout_s = 90\n")

    courier = courier_of(house, poster_of(house))
    house.database.close()

    assert courier.longest_send == timedelta(seconds=90)
    assert courier.lease >= 2 * courier.longest_send


def test_a_later_message_of_a_subject_waits_for_the_earlier_one(tmp_path: Path) -> None:
    first = a_delivery(1, subject="task:1", seq=1)
    second = a_delivery(2, subject="task:1", seq=2)
    other = a_delivery(3, subject="task:2", seq=1)
    database, clock = an_outbox(tmp_path, second, first, other), Clock()
    platform = Platform(lambda delivery: 500 if len(platform.seen) == 1 else 204)
    courier = a_courier(database, platform, clock)

    deliver_due(courier, PLATFORM)
    clock.go(SCHEDULE_S[0] * 2)
    deliver_due(courier, PLATFORM)

    assert platform.ids == [first.id, other.id, first.id, second.id]


def test_a_subject_goes_on_once_its_earlier_message_is_given_up(tmp_path: Path) -> None:
    first = a_delivery(1, subject="task:1", seq=1)
    second = a_delivery(2, subject="task:1", seq=2)
    database, clock = an_outbox(tmp_path, first, second), Clock()
    platform = Platform(lambda delivery: 422 if delivery.id == first.id else 204)
    courier = a_courier(database, platform, clock)

    for wait_s in (0, *SCHEDULE_S):
        clock.go(wait_s)
        deliver_due(courier, PLATFORM)

    assert platform.ids.count(second.id) == 1
    assert platform.ids.index(second.id) == len(SCHEDULE_S) + 1


@pytest.mark.fault("K20")
def test_messages_of_an_endpoint_that_is_no_more_are_parked(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, a_delivery(1)), Clock()
    platform = Platform()

    deliver_due(a_courier(database, platform, clock), (an_endpoint(name="other"),))

    with database.reading() as db:
        counts = delivery_counts(db)
    assert counts == {("platform", DeliveryState.WAITING): 1}


@pytest.mark.slow
@pytest.mark.fault("K18")
def test_ten_thousand_dead_letters_are_replayed_and_noted_once(tmp_path: Path) -> None:
    dead = [a_delivery(n, state=DeliveryState.GIVEN_UP) for n in range(10_000)]
    database = an_outbox(tmp_path, *dead)

    again = replay_deliveries(database, "wang", NOON, endpoint="platform")

    assert len(again) == 10_000
    with database.reading() as db:
        assert [one.act.action for one in latest_acts(db)] == ["delivery.replay"]


def test_sequence_numbers_of_a_subject_go_up(tmp_path: Path) -> None:
    database = an_outbox(tmp_path, a_delivery(1, subject="alert:7", seq=4))

    with database.reading() as db:
        numbers = next_seq(db, "alert:7"), next_seq(db, "alert:8")

    assert numbers == (5, 1)


class FlakyPlatform(Platform):
    """Fails a third of the time, loses answers after taking, and now and then the sender dies."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.effects: Counter[str] = Counter()
        self.order: dict[str, list[int]] = {}
        self.deaths = 10

    def send(self, endpoint: Endpoint, delivery: Delivery, at: object) -> Receipt:
        lot = self.chance.random()
        if lot >= 1 / 3:
            self._take(delivery)
        if lot > 0.995 and self.deaths:
            self.deaths -= 1
            raise SystemExit("killed")
        status = 500 if lot < 0.2 else None if lot < 0.45 else 204
        return Receipt(delivery_id=delivery.id, at=at, status=status, reason=f"{status}")  # type: ignore[arg-type]

    def _take(self, delivery: Delivery) -> None:
        self.effects[delivery.id] += 1
        if self.effects[delivery.id] == 1:  # a receiver dedupes by id
            self.order.setdefault(delivery.subject, []).append(delivery.seq)


@pytest.mark.slow
def test_two_thousand_tasks_arrive_once_each_in_order_through_a_flaky_receiver(
    tmp_path: Path,
) -> None:
    messages = [a_delivery(n, subject=f"task:{n // 4}", seq=n % 4 + 1) for n in range(2_000)]
    database, clock = an_outbox(tmp_path, *messages), Clock()
    platform = FlakyPlatform(random.Random(7))
    # Nobody replays by hand here, so no message may run out of attempts: 0.45 ^ 10 × 2,000 < 1.
    courier = a_courier(database, platform, clock)

    for _ in range(3_000):
        try:
            summary = deliver_due(courier, PLATFORM)
        except SystemExit:
            clock.go(LEASE.total_seconds() + 1)
            continue
        replay_deliveries(database, "wang", clock())
        if not (summary.delivered or summary.later or summary.held_back):
            with database.reading() as db:
                if {state for _, state in delivery_counts(db)} == {DeliveryState.DELIVERED}:
                    break
        clock.go(600)

    assert platform.deaths == 0
    assert set(platform.effects) == {one.id for one in messages}
    assert all(seqs == [1, 2, 3, 4] for seqs in platform.order.values())
    with database.reading() as db:
        assert delivery_counts(db) == {("platform", DeliveryState.DELIVERED): 2_000}


_VICTIM = """
import sys, time
from pathlib import Path
from alerts.delivering import deliver_due
from crawler.domain.delivery import Receipt
from crawler.store.database import open_database
from tests.integration.answering_house import Clock, Platform, a_courier, an_endpoint

class Deadly(Platform):
    def send(self, endpoint, delivery, at):
        with open(sys.argv[2], "a") as taken:
            taken.write(delivery.id + "\\n")
        if len(Path(sys.argv[2]).read_text().split()) == 30:
            time.sleep(60)
        return super().send(endpoint, delivery, at)

database = open_database(sys.argv[1])
deliver_due(a_courier(database, Deadly(), Clock(), batch=10, lanes=1), (an_endpoint(),))
"""


@pytest.mark.slow
@pytest.mark.fault("K12")
def test_a_sender_killed_with_minus_nine_loses_nothing(tmp_path: Path) -> None:
    messages = [a_delivery(n) for n in range(50)]
    database, taken = an_outbox(tmp_path, *messages), tmp_path / "taken"
    taken.touch()
    victim = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, str(database.engine.url), str(taken)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    while len(taken.read_text().split()) < 30:
        assert victim.poll() is None
    victim.send_signal(signal.SIGKILL)
    victim.wait(timeout=20)

    clock, platform = Clock(NOON + LEASE + timedelta(seconds=1)), Platform()
    deliver_due(a_courier(database, platform, clock), PLATFORM)

    before = taken.read_text().split()
    assert set(before) | set(platform.ids) == {one.id for one in messages}
    assert len(set(before) & set(platform.ids)) == 10  # the claimed block, under the same ids
    with database.reading() as db:
        assert delivery_counts(db) == {("platform", DeliveryState.DELIVERED): 50}


def test_claims_are_oldest_first_and_bounded(tmp_path: Path) -> None:
    messages = [a_delivery(n, due_at=NOON - timedelta(seconds=n)) for n in range(5)]
    database = an_outbox(tmp_path, *messages)

    with database.transaction() as db:
        claimed = claim_due(db, "platform", NOON, token="t", until=NOON + LEASE, limit=3)

    assert [one.id for one in claimed] == [messages[n].id for n in (4, 3, 2)]


def test_only_whoever_claimed_a_message_gives_it_back(tmp_path: Path) -> None:
    message = a_delivery(1)
    database = an_outbox(tmp_path, message)

    def claimed_by(db: Connection, token: str) -> int:
        return len(claim_due(db, "platform", NOON, token=token, until=NOON + LEASE, limit=3))

    with database.transaction() as db:
        assert claimed_by(db, "mine") == 1
        release(db, "another's", [message.id])
        assert claimed_by(db, "another's") == 0
        release(db, "mine", [message.id])
        assert claimed_by(db, "another's") == 1


@pytest.mark.fault("D25")
def test_nothing_waits_for_a_clock_that_was_ahead(tmp_path: Path) -> None:
    made, tried, held, waits = (a_delivery(n) for n in range(4))
    ahead = NOON + timedelta(days=1)
    database = an_outbox(tmp_path, tried)
    deliver_due(a_courier(database, Platform(lambda _: 400), Clock(ahead)), PLATFORM)
    with database.transaction() as db:
        put(db, [replace(made, created_at=ahead, due_at=ahead), held])
        claim_due(db, "platform", NOON, token="gone", until=ahead + LEASE, limit=1)
        put(db, [waits])
        claim_due(db, "platform", NOON, token="alive", until=NOON + LEASE, limit=1)
        save_circuit(db, Circuit(endpoint="platform", blocked_until=ahead + ALL_DAY), NOON)
    platform = Platform()

    assert forget_future(database, NOON) == 4
    assert forget_future(database, NOON) == 0
    deliver_due(a_courier(database, platform, Clock()), PLATFORM)

    assert set(platform.ids) == {made.id, tried.id, held.id}  # one is with a sender that is alive


def a_slow_platform(clock: Clock) -> Platform:
    """Each answer takes fifteen seconds."""

    def slowly(_: Delivery) -> int:
        clock.go(15)
        return 204

    return Platform(slowly)


def test_what_a_round_claimed_and_did_not_send_is_free_at_once(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(3))), Clock()
    platform = a_slow_platform(clock)
    deliver_due(a_courier(database, platform, clock, lanes=1), PLATFORM)

    with database.transaction() as db:
        free = claim_due(db, "platform", clock(), token="t", until=clock() + LEASE, limit=3)
    assert [one.id for one in free] == [a_delivery(1).id, a_delivery(2).id]


def test_what_is_replayed_has_all_its_attempts_before_it(tmp_path: Path) -> None:
    dead = a_delivery(1, state=DeliveryState.GIVEN_UP, attempts=9)
    database = an_outbox(tmp_path, dead)

    replay_deliveries(database, "wang", NOON, ids=[dead.id])

    with database.reading() as db:
        assert the_delivery(db, dead.id).attempts == 0


def test_the_order_of_a_subject_is_that_of_its_numbers_whatever_the_ids_and_times(
    tmp_path: Path,
) -> None:
    first = a_delivery(2, subject="task:1", seq=1)
    second = a_delivery(1, subject="task:1", seq=2, due_at=NOON - timedelta(hours=1))
    database = an_outbox(tmp_path, first, second)

    with database.transaction() as db:
        claimed = claim_due(db, "platform", NOON, token="t", until=NOON + LEASE, limit=3)

    assert [one.id for one in claimed] == [first.id]


def test_a_pause_during_a_round_stays_and_ends_the_round(tmp_path: Path) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(6))), Clock()
    platform = Platform()

    def paused_at_the_second(delivery: Delivery) -> int:
        if len(platform.seen) == 2:
            pause(database, "platform", "li", clock(), "割接")
        return 204

    platform.answers = paused_at_the_second
    deliver_due(a_courier(database, platform, clock, lanes=1, batch=3), PLATFORM)

    with database.reading() as db:
        assert circuit_of(db, "platform").paused == "割接"
        assert delivery_counts(db)[("platform", DeliveryState.WAITING)] == 4
    assert len(platform.seen) == 2


def test_a_round_that_ends_after_a_person_resumed_holds_nothing_against_the_endpoint(
    tmp_path: Path,
) -> None:
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(60))), Clock()
    platform = Platform(lambda _: 500)
    courier = a_courier(database, platform, clock, lanes=1)
    deliver_due(courier, PLATFORM)
    clock.go(ALL_S)

    def resumed(_: Delivery) -> int:
        resume(database, "platform", "wang", clock())
        return 500

    platform.answers = resumed
    deliver_due(courier, PLATFORM)

    with database.reading() as db:
        assert circuit_of(db, "platform") == Circuit(endpoint="platform")


def test_a_slow_receiver_gives_the_turn_back(tmp_path: Path) -> None:
    """What is new for another waits for one of its answers, not for all of them."""
    database, clock = an_outbox(tmp_path, *(a_delivery(n) for n in range(60))), Clock()
    platform = a_slow_platform(clock)
    deliver_due(a_courier(database, platform, clock, lanes=1), PLATFORM)
    assert len(platform.seen) == 1

    while len(platform.seen) < 60:
        before = len(platform.seen)
        deliver_due(a_courier(database, platform, clock, lanes=1), PLATFORM)
        assert len(platform.seen) > before
    assert len(set(platform.ids)) == 60
