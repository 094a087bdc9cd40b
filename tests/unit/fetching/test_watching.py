import os
import signal
import subprocess
import sys

import pytest

from crawler.fetching.watching import MemoryWatch, tree_of, weights_of

SLEEPER = "import sys; print(); sys.stdout.flush(); sys.stdin.read()"
PARENT = (
    "import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', sys.argv[1]],"
    "stdout=subprocess.PIPE); c.stdout.readline(); print(c.pid, flush=True); c.wait()"
)
SEVERAL = (
    "import subprocess, sys; line = [sys.executable, '-c', sys.argv[1]]; "
    "all = [subprocess.Popen(line, stdout=subprocess.PIPE) for _ in range(3)]; "
    "[one.stdout.readline() for one in all]; print(flush=True); input()"
)
EATER = "print(); food = bytearray(b'x') * 300_000_000; input()"


def a_process(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_tree_is_a_process_with_its_children() -> None:
    with a_process(PARENT, SLEEPER) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())

        assert set(tree_of(parent.pid)) == {parent.pid, child}
        assert all(weight.size > 1_000_000 for weight in weights_of(tree_of(parent.pid), 0))

        os.kill(child, signal.SIGKILL)


def test_a_process_that_is_gone_weighs_nothing() -> None:
    with a_process("pass") as gone:
        gone.wait()

    assert sum(weight.size for weight in weights_of([gone.pid], 0)) == 0


@pytest.mark.fault("B05")
def test_who_eats_too_much_is_killed_and_counted() -> None:
    with a_process(EATER) as eater:
        watch = MemoryWatch(eater.pid, limit=100_000_000, every_s=0.02)
        watch.start()

        assert eater.wait(20) == -signal.SIGKILL
        watch.stop()

    assert watch.kills >= 1
    assert watch.peak > 100_000_000


def test_who_goes_on_eating_is_ended_at_its_root() -> None:
    eater = "food = bytearray(b'x') * 60_000_000; print(flush=True); input()"
    with a_process(SEVERAL, eater) as root:
        assert root.stdout
        root.stdout.readline()
        watch = MemoryWatch(root.pid, limit=50_000_000, every_s=0.2)
        watch.start()

        assert root.wait(20) == -signal.SIGKILL
        watch.stop()

    assert watch.kills == 2
