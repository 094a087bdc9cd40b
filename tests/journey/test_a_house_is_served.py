"""`serve` as operations know it: it answers, it is alone, it ends when told to."""

import signal
import socket
import time
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput, TryLater
from crawler.service.holding import held
from crawler.service.serving import Doorway
from tests.serving_house import served_house, told


@pytest.mark.fault("D31")
def test_a_served_house_answers_is_alone_and_ends_within_ten_seconds(tmp_path: Path) -> None:
    home = tmp_path / "house"
    with served_house(home) as house:
        assert house.json("/healthz") == {"alive": True}
        ready = house.json("/readyz")
        assert ready["ready"], ready
        assert house.get("/sign-in")[0] == 200
        second = house.run("serve", "--port", "0")
        assert second.returncode == 3
        assert f"xunwang serve（进程 {house.process.pid}）" in " ".join(second.stderr.split())
        status, seconds = house.end()
    assert status == 0
    assert seconds < 10
    with held(home, "test"):
        assert not (home / "run" / "address").exists()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with served_house(tmp_path / "house") as house:
        house.process.send_signal(signal.SIGSTOP)  # so that both are waiting for it
        house.process.send_signal(signal.SIGTERM)
        house.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        house.process.send_signal(signal.SIGCONT)
        assert house.process.wait(10) == 1
    assert time.monotonic() - began < 5


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TryLater, match="端口已被占用"):
            Doorway(host="127.0.0.1", port=port).opened()


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    done = told(tmp_path, "serve", "--certificate", "x.pem")
    assert done.code == 2
    assert "--key" in done.err
    assert "Traceback" not in done.err


def test_a_host_that_is_none_is_said_in_one_line() -> None:
    with pytest.raises((TryLater, BadInput), match="无法监听"):
        Doorway(host="300.1.1.1", port=0).opened()
