"""A served house as its operator has it: a real process, spoken to over HTTP, ended by a signal."""

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.service.cli import main

XUNWANG = str(Path(sys.executable).parent / "xunwang")


@dataclass(frozen=True, kw_only=True)
class ServedHouse:
    home: Path
    process: "subprocess.Popen[bytes]"
    address: str

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path)[1])

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return run_in(self.home, *words)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Its exit status, and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - began


def run_in(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [XUNWANG, "--home", str(home), *words],
        env=os.environ | {"XUNWANG_ACTOR": "ops"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@dataclass(frozen=True, kw_only=True)
class Said:
    code: int
    out: str
    err: str


def told(home: Path, *words: str, actor: str = "ops") -> Said:
    """The command line without a process of its own: what it prints, and how it exits."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, os.environ.get("XUNWANG_ACTOR")
    sys.argv = ["xunwang", "--home", str(home), *words]
    os.environ["XUNWANG_ACTOR"] = actor
    code: object = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv = before[0]
        os.environ.pop("XUNWANG_ACTOR")
        if before[1] is not None:
            os.environ["XUNWANG_ACTOR"] = before[1]
    return Said(code=int(str(code or 0)), out=out.getvalue(), err=err.getvalue())


@contextmanager
def served_house(home: Path, *options: str) -> Iterator[ServedHouse]:
    home.mkdir(exist_ok=True)
    address = home / "run" / "address"
    address.unlink(missing_ok=True)
    process = subprocess.Popen(
        [XUNWANG, "--home", str(home), "serve", "--port", "0", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield ServedHouse(home=home, process=process, address=_written(address, process))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def _written(address: Path, process: "subprocess.Popen[bytes]") -> str:
    for _ in range(600):
        if address.exists() and (text := address.read_text("utf-8")):
            return text
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"serve did not start (exit {process.poll()})")
