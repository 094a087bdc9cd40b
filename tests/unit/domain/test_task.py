"""Moves of a task: the closed table, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.assessment import Level
from crawler.domain.errors import NotAllowed
from crawler.domain.task import (
    CONCLUSION_NAMES,
    MOST_RETURNS,
    TASK_ENDS,
    TASK_MOVES,
    TASK_STATE_NAMES,
    Conclusion,
    Department,
    Move,
    SupervisionTask,
    TaskState,
    Urgency,
    limit_of,
    moved,
    urgency_of,
)
from tests.builders import NOON

STATES, MOVES = st.sampled_from(list(TaskState)), st.sampled_from(list(Move))


def a_task(**given: Any) -> SupervisionTask:
    defaults: dict[str, Any] = {
        "case_id": 1, "number": "n", "level": Level.RED, "title": "t", "summary": "s",
        "region": "310118", "lead": Department(code="c", name="n"), "drafted_by": "wang",
        "created_at": NOON, "due_at": NOON + timedelta(days=10),
    }  # fmt: skip
    return SupervisionTask(**(defaults | given))


@given(STATES, MOVES)
def test_a_move_is_in_the_table_or_refused(state: TaskState, move: Move) -> None:
    task = a_task(state=state)
    after = TASK_MOVES.get((state, move))

    if after is None:
        with pytest.raises(NotAllowed, match=TASK_STATE_NAMES[state]):
            moved(task, move, "li", NOON)
    else:
        done = moved(task, move, "li", NOON)
        assert (done.state, done.seq) == (after, task.seq + 1)


@given(st.lists(MOVES, max_size=30))
def test_any_walk_keeps_the_laws(moves: list[Move]) -> None:
    task, returns = a_task(), 0
    for move in moves:
        try:
            after = moved(task, move, "li", NOON)
        except NotAllowed:
            continue
        assert task.state not in TASK_ENDS
        assert (after.closed_at is not None) == (after.state in TASK_ENDS)
        assert (after.suspended_at is not None) == (after.state is TaskState.SUSPENDED)
        returns += move is Move.RETURN
        task = after

    assert task.returns == returns <= MOST_RETURNS


def test_every_state_can_be_reached_and_every_open_one_left() -> None:
    reached = {TaskState.DRAFTED} | set(TASK_MOVES.values())
    left = {state for state, _ in TASK_MOVES}

    assert reached == set(TaskState)
    assert left == set(TaskState) - TASK_ENDS


def test_every_state_and_conclusion_has_a_chinese_name() -> None:
    assert set(TASK_STATE_NAMES) == set(TaskState)
    assert set(CONCLUSION_NAMES) == set(Conclusion)


def test_one_does_not_approve_ones_own_draft_unless_nobody_need_approve() -> None:
    with pytest.raises(NotAllowed, match="自己起草"):
        moved(a_task(), Move.APPROVE, "wang", NOON)

    assert moved(a_task(), Move.APPROVE, "li", NOON).approved_by == "li"
    assert moved(a_task(needs_approval=False), Move.APPROVE, "wang", NOON).approved_by == "wang"


@pytest.mark.parametrize(
    ("state", "hours"),
    [
        (TaskState.SENT, 10),
        (TaskState.ACKNOWLEDGED, 20),
        (TaskState.WORKING, 20),
        (TaskState.EXTENDED, 20),
        (TaskState.CHECKING, 240),
        (TaskState.SUSPENDED, None),
        (TaskState.CLOSED, None),
    ],
)
def test_the_limit_that_runs_is_the_one_of_the_state(state: TaskState, hours: int | None) -> None:
    task = a_task(
        state=state,
        acknowledge_by=NOON + timedelta(hours=10),
        answer_by=NOON + timedelta(hours=20),
    )

    assert limit_of(task) == (None if hours is None else NOON + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("hours", "urgency"),
    [
        (0, Urgency.IN_TIME),
        (7.9, Urgency.IN_TIME),
        (8, Urgency.AMBER),
        (9.9, Urgency.AMBER),
        (10, Urgency.OVERDUE),
    ],
)
def test_amber_from_eighty_percent_and_overdue_from_the_end(hours: float, urgency: Urgency) -> None:
    task = a_task(state=TaskState.SENT, sent_at=NOON, acknowledge_by=NOON + timedelta(hours=10))

    assert urgency_of(task, NOON + timedelta(hours=hours)) is urgency


def test_a_task_at_its_end_is_never_overdue() -> None:
    late = NOON + timedelta(days=99)

    assert urgency_of(a_task(), late) is Urgency.OVERDUE
    assert urgency_of(a_task(state=TaskState.CLOSED), late) is Urgency.IN_TIME


@pytest.mark.parametrize(("state", "limit"), [
    (TaskState.SENT, 1), (TaskState.RETURNED, 1), (TaskState.ACKNOWLEDGED, 2),
    (TaskState.WORKING, 2), (TaskState.EXTENDED, 2), (TaskState.ANSWERED, 3),
    (TaskState.CHECKING, 3), (TaskState.SUSPENDED, None), (TaskState.CANCELLED, None),
])  # fmt: skip
def test_the_limit_that_runs_is_that_of_the_next_step(state: TaskState, limit: int | None) -> None:
    one, two, three = (NOON + timedelta(days=day) for day in (1, 2, 3))
    task = a_task(state=state, acknowledge_by=one, answer_by=two, due_at=three)

    assert limit_of(task) == {1: one, 2: two, 3: three, None: None}[limit]
