"""`work` on real PostgreSQL: machines share one sweep; one is killed, the server is restarted, one
is sent home. Whatever happens, the answer is the one of a machine that was left in peace.
"""

import signal
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.journey.conftest import Installation
from tests.journey.machines import Server, a_machine, a_server, below, lives, started, until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
SWEEP = ("sweep", "--all", "--no-render")
CAPTURES = (
    "select domain, fetcher, profile, captures.outcome, chain from captures "
    "join sites on sites.id = site_id join links on capture_id = captures.id"
)
DOUBLE_JUDGEMENTS = (
    "select visit_id, count(*) from assessments where current group by 1 having count(*) <> 1"
)
DOUBLE_ALERTS = (
    "select site_id, count(*) from alerts where state = 'open' group by 1 having count(*) > 1"
)
DOUBLE_MESSAGES = "select endpoint, event_key from outbox group by 1, 2 having count(*) > 1"
HELD = "select id from visits where lease_owner like '%/{}' and lease_until is not null"
CLOSED = "select count(*) from visits where state = 'closed'"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    servers.needed("PostgreSQL")
    with a_server() as one:
        yield one


@pytest.fixture(scope="module")
def undisturbed(server: Server, made_up_web: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What one machine alone finds on the same web."""
    there = tmp_path_factory.mktemp("alone")
    (there / "objects").mkdir()
    alone = a_machine(there / "a", server.database("alone"), made_up_web, slots=64)
    imported(alone)
    done = alone.run(*SWEEP)
    assert done.returncode == 0, done.stderr
    return answers(alone), captured(server, "alone")


def imported(machine: Installation) -> None:
    done = machine.run("import", "tests/site/filings.csv")
    assert done.returncode == 0, done.stderr


def answers(machine: Installation) -> set[tuple[str, str, str, str]]:
    return {
        (one["domain"], one["outcome"], one["level"], one["text_digest"])
        for one in machine.lines("sites", "--jsonl")
    }


def captured(server: Server, name: str) -> dict[str, Counter[tuple[str, ...]]]:
    """What each machine looked at, how often."""
    looks: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for *look, machine in server.ask(name, CAPTURES):
        looks[machine][tuple(look)] += 1
    return looks


class Machines:
    """`a` starts the sweep, the others join it."""

    def __init__(self, server: Server, name: str, folder: Path, crawl: str) -> None:
        self.server, self.name = server, name
        url = server.database(name)
        slots = {"a": 1, "b": 3, "c": 3}  # the workers are to have their share of so few sites
        self.homes = {one: a_machine(folder / one, url, crawl, slots=n) for one, n in slots.items()}
        imported(self.homes["a"])
        self.running = {one: started(self.homes[one], "work") for one in "bc"}
        for one in "bc":
            until((self.homes[one].home / "logs").exists, "a worker that waits")
        self.running["a"] = started(self.homes["a"], *SWEEP)

    def ask(self, question: str) -> list[Any]:
        return self.server.ask(self.name, question)

    def held(self, machine: str) -> list[int]:
        return [one for (one,) in self.ask(HELD.format(machine))]

    def in_mid_sweep(self, *machines: str) -> bool:
        """Each has something in hand, and some is done while the most is not."""
        ((closed,),) = self.ask(CLOSED)
        ended = [one for one, process in self.running.items() if process.poll() is not None]
        assert not ended, f"{ended} ended before anything happened"
        return closed >= 3 and all(self.held(one) for one in machines)

    def ended_well(self, machine: str, seconds: float = 240) -> bool:
        """Waits for its end."""
        code = self.running[machine].wait(seconds)
        complaints = (self.homes[machine].home / "complaints").read_text("utf-8")
        assert code == 0, f"{machine} ended with {code}: {complaints[-2000:]}"
        return True

    def end(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            process.wait(60)

    def check_account(self, undisturbed: Any) -> None:
        """The same answer, nothing twice, every byte and every link there."""
        expected, looks = undisturbed
        assert answers(self.homes["a"]) == expected
        ((sites, left),) = self.ask(
            "select count(*), count(*) filter (where state <> 'closed') from visits"
        )
        assert (sites, left) == (len(expected), 0)
        assert self.ask("select state, sites from sweeps") == [("finished", sites)]
        (alone,) = looks.values()
        together = captured(self.server, self.name)
        assert set().union(*together.values()) == set(alone)
        # again only by another machine: the first one's bytes are out of its reach
        assert {one: look - alone for one, look in together.items() if not look <= alone} == {}
        for question in (DOUBLE_JUDGEMENTS, DOUBLE_ALERTS, DOUBLE_MESSAGES):
            assert self.ask(question) == []
        for machine in self.homes.values():  # whoever was killed seals at its next start
            done = machine.run("work", "--once")
            assert done.returncode == 0, done.stderr
        brought = self.homes["a"].run("archive", "--fetch")
        assert brought.returncode == 0, brought.stderr
        verified = self.homes["a"].run("verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture
def machines(
    server: Server, made_up_web: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Machines]:
    name = request.node.name.replace("test_", "")[:50]
    (tmp_path / "objects").mkdir()
    made = Machines(server, name, tmp_path, made_up_web)
    yield made
    made.end()


@pytest.mark.fault("D22")
def test_a_killed_worker_gives_its_visits_back_when_its_lease_ends(
    machines: Machines, undisturbed: Any
) -> None:
    until(lambda: machines.in_mid_sweep("a", "b", "c"), "a share for every machine")
    children = below(machines.running["c"].pid)

    machines.running["c"].kill()
    machines.running["c"].wait(10)
    held = machines.ask(
        "select id, lease_until from visits "
        "where lease_owner like '%/c' and lease_until is not null"
    )
    assert machines.ended_well("a")

    assert held
    until(lambda: not any(lives(one) for one in children), "no child outlives its parent", 30)
    for visit, lease in held:
        ((again,),) = machines.ask(
            f"select min(started_at) from captures where visit_id = {visit}"
            f" and started_at > timestamptz '{lease}' - interval '2 seconds'"
        )
        assert again is not None
        assert again >= lease  # not before
    machines.end()
    machines.check_account(undisturbed)


@pytest.mark.fault("D22")
def test_a_database_that_restarts_in_mid_sweep_costs_nothing(
    machines: Machines, undisturbed: Any
) -> None:
    until(lambda: machines.in_mid_sweep("a", "b"), "a share for two machines")

    machines.server.restart()
    assert machines.ended_well("a")

    assert machines.running["b"].poll() is None  # waits for the next sweep
    machines.end()
    machines.check_account(undisturbed)


def test_a_worker_that_is_sent_home_gives_back_at_once(
    machines: Machines, undisturbed: Any
) -> None:
    until(lambda: machines.in_mid_sweep("b", "c"), "a share for the workers")

    machines.running["b"].send_signal(signal.SIGTERM)

    assert machines.ended_well("b", 60)
    assert machines.held("b") == []
    assert machines.ended_well("a")
    machines.end()
    machines.check_account(undisturbed)
