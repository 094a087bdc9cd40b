"""One run of the bench: a folder, a web, a word list; each measurement in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crawler.service.wiring import LEXICONS
from lexicons.loading import load_lexicon
from tests.bench.web import Web

PEERS = Path("var/bench/peers/bin/python")


class Bench:
    """One folder, one web, one word list."""

    def __init__(self, folder: Path, count: int, port: int, rounds: int) -> None:
        self.folder, self.count, self.port, self.rounds = folder, count, port, rounds
        self.turn = 0
        self.words = folder / "words.txt"
        self.words.write_text("\n".join(_words(LEXICONS)), "utf-8")

    def once(self, mode: str, count: int = 0) -> dict[str, Any]:
        """The bench's pages by one of us."""
        if mode in ("naive", "crawlee"):
            return self.peer(mode, Web(count=self.count, port=self.port).addresses())
        database = str(self.folder / f"{self.turn + 1}.db")
        return self.module(f"tests.bench.ours {mode}", str(count or self.count), database)

    def peer(self, mode: str, urls: Sequence[str]) -> dict[str, Any]:
        """These addresses by one of the others."""
        self.turn += 1
        listed = self.folder / f"urls{self.turn}.txt"
        listed.write_text("\n".join(urls), "utf-8")
        given = [str(listed), str(self.words), str(self.folder / f"{self.turn}.db")]
        if mode == "naive":
            return run([sys.executable, "-m", "tests.bench.naive", *given])
        return run([str(PEERS), "tests/bench/crawlee_peer.py", *given])

    def module(self, name: str, *given: str, port: int = 0) -> dict[str, Any]:
        """A module of ours (and its mode) over a fresh home and a port, the web's if none."""
        self.turn += 1
        home = str(self.folder / f"home{self.turn}")
        return run([sys.executable, "-m", *name.split(), home, str(port or self.port), *given])


def run(command: Sequence[str]) -> dict[str, Any]:
    """What a program says in its last line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    line: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return line


def _words(folder: Path) -> list[str]:
    """Every watched word of our lexicon, so that all look for the same."""
    return sorted({term.word for term in load_lexicon(folder).terms})
