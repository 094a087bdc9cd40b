"""What waits in the outbox goes out: claimed under a lease, sent, marked. A crash in between sends
the same bytes under the same id again; nothing is sent at the same time by two.

Each endpoint has its own turn, and a turn ends after some seconds, so that a slow one keeps what is
new for the others waiting no longer than one of its answers takes. An endpoint that fails
several times in a row is left alone for a while and then tried with one message; 410 pauses it
until a person resumes it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crawler.domain.audit import Act
from crawler.domain.delivery import (
    LONGEST_WAIT_S,
    Delivery,
    DeliveryState,
    Endpoint,
    EventType,
    Receipt,
    arrived,
    next_attempt,
)
from crawler.store.audit import note
from crawler.store.circuits import Circuit, circuit_of, locked_circuit, save_circuit, unblock
from crawler.store.database import Connection, Database
from crawler.store.outbox import (
    Attempted,
    claim_due,
    due_again,
    mark,
    release,
    replay,
    save_receipts,
)

Send = Callable[[Endpoint, Delivery, datetime], Receipt]
Clock = Callable[[], datetime]

LEASE = timedelta(seconds=60)  # at least
ROWS = 3  # of sends that a lease has room for, however long one may take
FAILURES_TO_OPEN = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
AHEAD = timedelta(minutes=15)  # more than any lease: a moment so far to come is a wrong clock's
GONE = 410
_SLOW_DOWN = frozenset({429, 503})
_OF_THE_ENDPOINT = frozenset({408, 429})  # and 5xx, and silence: not the message's fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Courier:
    """How messages are sent, and with which clock and chance."""

    database: Database
    send: Send
    clock: Clock
    spread: Callable[[], float]  # in [0, 1): spreads the attempts
    token: Callable[[], str]  # a new one for each claim
    batch: int = 100  # claimed and marked together
    lanes: int = 4  # sent at the same time to one endpoint
    most: int = 5_000  # to one endpoint in one call
    longest_send: timedelta = timedelta(seconds=20)  # what `send` keeps to
    turn: timedelta = timedelta(seconds=10)  # after which no further send begins in one call

    @property
    def lease(self) -> timedelta:
        """How long a claim holds: else two would send the same message at one time."""
        return max(LEASE, ROWS * self.longest_send)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverySummary:
    """What one call did; `held_back` names the endpoints that were left alone, and why."""

    delivered: int = 0
    later: int = 0
    given_up: int = 0
    held_back: dict[str, str] = field(default_factory=dict)

    def __add__(self, other: "DeliverySummary") -> "DeliverySummary":
        return DeliverySummary(
            delivered=self.delivered + other.delivered,
            later=self.later + other.later,
            given_up=self.given_up + other.given_up,
            held_back=self.held_back | other.held_back,
        )


def deliver_due(courier: Courier, endpoints: Sequence[Endpoint]) -> DeliverySummary:
    """Send all that is due now, to every endpoint side by side. Messages for an endpoint that is no
    longer configured stay where they are; one without an address fetches its own.
    """
    called = [one for one in endpoints if one.url]
    if not called:
        return DeliverySummary()
    with ThreadPoolExecutor(len(called), thread_name_prefix="endpoint") as side_by_side:
        parts = list(side_by_side.map(lambda one: _deliver_to(courier, one), called))
    return sum(parts, DeliverySummary())


def replay_deliveries(
    database: Database,
    actor: str,
    now: datetime,
    *,
    ids: Sequence[str] = (),
    keys: Sequence[str] = (),
    endpoint: str = "",
    event: EventType | None = None,
    region: str = "",
    between: tuple[datetime, datetime] | None = None,
    limit: int = 10_000,
) -> list[str]:
    """Let what was given up (or is named, or was made between two moments) go out again under its
    own ids; noted in the audit.
    """
    with database.transaction() as db:
        again = replay(
            db, now, ids=ids, keys=keys, endpoint=endpoint, event=event, region=region,
            between=between, limit=limit,
        )  # fmt: skip
        if again:
            told = f"{len(again)} 条，{again[0]} … {again[-1]}"
            chosen = endpoint or (str(event) if event else "") or "ids"
            note(db, Act(at=now, actor=actor, action="delivery.replay",
                         object=f"outbox:{chosen}"[:200], region=region, after=told))  # fmt: skip
        return again


def pause(database: Database, endpoint: str, actor: str, now: datetime, why: str) -> None:
    """Leave an endpoint alone until it is resumed; its messages wait."""
    with database.transaction() as db:
        save_circuit(db, replace(locked_circuit(db, endpoint), paused=why or "人工暂停"), now)
        note(db, _about(endpoint, "endpoint.pause", actor, now, why))


def resume(database: Database, endpoint: str, actor: str, now: datetime) -> None:
    """Send to an endpoint again, at once."""
    with database.transaction() as db:
        save_circuit(db, Circuit(endpoint=endpoint), now)
        note(db, _about(endpoint, "endpoint.resume", actor, now, ""))


def _deliver_to(courier: Courier, endpoint: Endpoint) -> DeliverySummary:
    done, ends = DeliverySummary(), courier.clock() + courier.turn
    with ThreadPoolExecutor(courier.lanes, thread_name_prefix="lane") as lanes:
        for _ in range(max(courier.most // courier.batch, 1)):
            part, more = _one_round(courier, endpoint, lanes, ends)
            done += part
            if not more or courier.clock() >= ends:
                break
    return done


def _one_round(
    courier: Courier, endpoint: Endpoint, lanes: ThreadPoolExecutor, ends: datetime
) -> tuple[DeliverySummary, bool]:
    """Claim, send, mark; whether there may be more to do."""
    token = courier.token()
    until = courier.clock() + courier.lease
    began, claimed = _claim(courier, endpoint, token, until)
    if not claimed:
        return DeliverySummary(held_back=_why_held_back(began, courier.clock())), False
    circuit = began
    sent: list[tuple[Delivery, Receipt]] = []
    for few in _in_lanes(claimed, courier.lanes):
        if courier.clock() + courier.longest_send > until or _is_shut(circuit, courier.clock()):
            break
        if sent and (courier.clock() >= ends or _paused_meanwhile(courier, endpoint)):
            break
        now = courier.clock()
        answers = lanes.map(lambda one: courier.send(endpoint, one, now), few)  # noqa: B023
        for delivery, receipt in zip(few, answers, strict=True):
            sent.append((delivery, receipt))
            circuit = after_receipt(circuit, receipt)
    unsent = [one.id for one in claimed[len(sent) :]]
    part = _mark(courier, began, circuit, token, sent, unsent)
    return part, bool(sent) and not _is_shut(circuit, courier.clock())


def _claim(
    courier: Courier, endpoint: Endpoint, token: str, until: datetime
) -> tuple[Circuit, list[Delivery]]:
    now = courier.clock()
    with courier.database.transaction() as db:
        circuit = circuit_of(db, endpoint.name)
        if _is_shut(circuit, now):
            return circuit, []
        limit = 1 if circuit.failures >= FAILURES_TO_OPEN else courier.batch
        return circuit, claim_due(db, endpoint.name, now, token=token, until=until, limit=limit)


def _mark(
    courier: Courier,
    began: Circuit,
    circuit: Circuit,
    token: str,
    sent: Sequence[tuple[Delivery, Receipt]],
    unsent: Sequence[str],
) -> DeliverySummary:
    now = courier.clock()
    marks = [mark_after(one, receipt, courier.spread()) for one, receipt in sent]
    with courier.database.transaction() as db:
        marked = set(mark(db, token, marks))
        release(db, token, unsent)
        save_receipts(db, [receipt for _, receipt in sent])
        _save_learnt(db, began, circuit, now)
        note(db, *(_given_up(one, now) for one in marks if _was_given_up(one, marked)))
    return _summary_of([one for one in marks if one.id in marked])


def forget_future(database: Database, now: datetime) -> int:
    """Once a clock that was ahead is right again, nothing waits for the time that it told. How many
    messages and endpoints did.
    """
    with database.transaction() as db:
        messages = due_again(db, now, AHEAD)
    with database.transaction() as db:
        return messages + unblock(db, now + timedelta(seconds=LONGEST_WAIT_S) + AHEAD)


def mark_after(delivery: Delivery, receipt: Receipt, spread: float) -> Attempted:
    """What an answer makes of a message: delivered, later, or given up."""
    if receipt.status == GONE:
        # The endpoint is gone, not the message: it waits, and this was no attempt.
        return _marked(delivery, DeliveryState.WAITING, receipt, delivery.attempts, receipt.at)
    attempts = delivery.attempts + 1
    if arrived(receipt):
        return _marked(delivery, DeliveryState.DELIVERED, receipt, attempts, delivery.due_at)
    again = next_attempt(delivery, receipt, spread)
    if again is None:
        return _marked(delivery, DeliveryState.GIVEN_UP, receipt, attempts, delivery.due_at)
    return _marked(delivery, DeliveryState.WAITING, receipt, attempts, again)


def after_receipt(circuit: Circuit, receipt: Receipt) -> Circuit:
    """How the endpoint is doing after an answer."""
    if receipt.status == GONE:
        return replace(circuit, paused="接收方答复 410：该地址不再接收")
    if receipt.status is not None and not _is_endpoints_fault(receipt.status):
        return replace(circuit, failures=0, blocked_until=None)
    failures = circuit.failures + 1
    pause_until = circuit.blocked_until
    if failures >= FAILURES_TO_OPEN:
        doublings = min(failures - FAILURES_TO_OPEN, 10)
        pause_until = receipt.at + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
    if receipt.status in _SLOW_DOWN and receipt.retry_after_s:
        asked = receipt.at + timedelta(seconds=receipt.retry_after_s)
        pause_until = max(asked, pause_until or asked)
    return replace(circuit, failures=failures, blocked_until=pause_until)


def _is_endpoints_fault(status: int) -> bool:
    return status >= 500 or status in _OF_THE_ENDPOINT


def _is_shut(circuit: Circuit, now: datetime) -> bool:
    blocked = circuit.blocked_until is not None and now < circuit.blocked_until
    return bool(circuit.paused) or blocked


def _why_held_back(circuit: Circuit, now: datetime) -> dict[str, str]:
    if circuit.paused:
        return {circuit.endpoint: circuit.paused}
    if _is_shut(circuit, now):
        return {circuit.endpoint: f"连续失败 {circuit.failures} 次，暂缓投递"}
    return {}


def _in_lanes(claimed: Sequence[Delivery], lanes: int) -> Iterator[Sequence[Delivery]]:
    for start in range(0, len(claimed), lanes):
        yield claimed[start : start + lanes]


def _marked(
    delivery: Delivery, state: DeliveryState, receipt: Receipt, attempts: int, due_at: datetime
) -> Attempted:
    return Attempted(
        id=delivery.id,
        state=state,
        attempts=attempts,
        due_at=due_at,
        delivered_at=receipt.at if state is DeliveryState.DELIVERED else None,
        reason=receipt.reason,
    )


def _paused_meanwhile(courier: Courier, endpoint: Endpoint) -> bool:
    with courier.database.reading() as db:
        return bool(circuit_of(db, endpoint.name).paused)


def _save_learnt(db: Connection, began: Circuit, circuit: Circuit, now: datetime) -> None:
    """What the round learnt; a person who paused or resumed the endpoint meanwhile is not overruled
    by it.
    """
    current = locked_circuit(db, circuit.endpoint)
    if current != began and current == Circuit(endpoint=circuit.endpoint):
        return
    learnt = replace(circuit, paused=circuit.paused or current.paused)
    if current != learnt:
        save_circuit(db, learnt, now)


def _was_given_up(one: Attempted, marked: set[str]) -> bool:
    return one.state is DeliveryState.GIVEN_UP and one.id in marked


def _given_up(one: Attempted, now: datetime) -> Act:
    return Act(
        at=now,
        actor="system",
        action="delivery.give_up",
        object=f"delivery:{one.id}",
        after=f"尝试 {one.attempts} 次：{one.reason}"[:300],
    )


def _about(endpoint: str, action: str, actor: str, now: datetime, why: str) -> Act:
    return Act(at=now, actor=actor, action=action, object=f"endpoint:{endpoint}", after=why[:300])


def _summary_of(marks: Sequence[Attempted]) -> DeliverySummary:
    states = [one.state for one in marks]
    return DeliverySummary(
        delivered=states.count(DeliveryState.DELIVERED),
        later=states.count(DeliveryState.WAITING),
        given_up=states.count(DeliveryState.GIVEN_UP),
    )
