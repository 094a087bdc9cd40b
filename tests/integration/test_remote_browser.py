"""A browser that runs elsewhere: joined by CDP or through a Playwright server, and used only if our
way out is its only one.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from crawler.domain.capture import Outcome
from crawler.fetching.chromium import ARGUMENTS, NOWHERE
from crawler.fetching.identity import Identity, remove_folder, spawn_options, worker_identity
from crawler.service.browsing import browsing_crew, tried
from crawler.service.wiring import House, open_house
from tests.integration.hostile_web import HostileWeb
from tests.integration.render_worker import Orders, Worker, the_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(the_browser() is None, reason="no Chromium on this machine"),
]
WAY_BACK = "127.0.0.3"
AS_WANTED = tuple(one.replace("127.0.0.1", WAY_BACK) for one in ARGUMENTS)
STARTS_S = 30.0


@pytest.fixture(scope="module")
def web() -> Iterator[HostileWeb]:
    with HostileWeb() as web:
        yield web


@pytest.fixture(scope="module")
def user() -> Iterator[Identity]:
    """Whoever runs the browser elsewhere."""
    identity = worker_identity()
    yield identity
    remove_folder(identity)


@contextmanager
def running(command: list[str], user: Identity, said_in: Path) -> Iterator[None]:
    with said_in.open("wb") as said:
        options = spawn_options(user) | {"start_new_session": True}
        process = subprocess.Popen(command, stdout=said, stderr=said, **options)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def told_in(file: Path, sign: str) -> str:
    """The first line with this sign, from there on."""
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until:
        for line in file.read_text("utf-8", "replace").splitlines():
            if sign in line:
                return line[line.index(sign) :].strip()
        time.sleep(0.05)
    raise TimeoutError(file.read_text("utf-8", "replace"))


@contextmanager
def a_browser(user: Identity, folder: Path, *arguments: str) -> Iterator[str]:
    """A Chromium of its own, as operations elsewhere would start it; its CDP address."""
    said = folder / "said"
    profile = user.tmp / f"profile-{folder.name}"
    command = [
        str(the_browser()), "--remote-debugging-port=0", f"--user-data-dir={profile}",
        f"--proxy-server={NOWHERE}", *arguments,
    ]  # fmt: skip
    with running(command, user, said):
        yield told_in(said, "ws://").replace("ws://", "http://").partition("/devtools")[0]


def joined(web: HostileWeb, remote: str, **more: Any) -> Worker:
    orders: dict[str, Any] = {
        "hosts": web.hosts, "allow": ("127.0.0.2",), "ports": web.ports, "remote": remote,
        "way_back": WAY_BACK, "callers": ("127.0.0.1",),
    }  # fmt: skip
    return Worker(Orders(**orders | more))


@pytest.fixture(scope="module")
def elsewhere(user: Identity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_browser(user, tmp_path_factory.mktemp("elsewhere"), *AS_WANTED) as address:
        yield address


def test_pages_are_drawn_by_a_browser_elsewhere(web: HostileWeb, elsewhere: str) -> None:
    with joined(web, elsewhere) as worker:
        assert worker.trouble == ""
        seen = worker.render("http://a.test/chinese", full_page=True)
        hostile = worker.render("http://a.test/everything")
        fonts = worker.check_fonts()

    assert (seen.outcome, seen.title) == (Outcome.SEEN, "稳盈理财")
    assert seen.picture
    assert seen.full_picture
    assert [hop.peer.split(":")[0] for hop in seen.hops] == ["127.0.0.2"]
    assert fonts.ok
    assert {one.host for one in hostile.refused} >= {"127.0.0.1", "localhost"}
    assert web.sentinel.seen == []


def test_it_outlives_whoever_joined_it(web: HostileWeb, elsewhere: str) -> None:
    with joined(web, elsewhere, pages=1) as worker:
        seen = [worker.render("http://a.test/chinese") for _ in range(2)]
        assert worker.facts()["launches"] == 4  # a new line for each page, and for the checks

    assert [one.outcome for one in seen] == [Outcome.SEEN, Outcome.SEEN]


def test_a_playwright_server_serves_as_well(
    web: HostileWeb, user: Identity, tmp_path: Path
) -> None:
    settings = {
        "executablePath": str(the_browser()), "args": list(AS_WANTED), "chromiumSandbox": True,
        "proxy": {"server": NOWHERE}, "host": "127.0.0.1",
    }  # fmt: skip
    file = user.home / "server.json"
    file.write_text(json.dumps(settings))
    file.chmod(0o644)
    node, cli = compute_driver_executable()
    command = [node, cli, "launch-server", "--browser", "chromium", "--config", str(file)]
    said = tmp_path / "said"
    with running(command, user, said), joined(web, told_in(said, "ws://")) as worker:
        assert worker.trouble == ""
        seen = worker.render("http://a.test/chinese")

    assert (seen.outcome, seen.title) == (Outcome.SEEN, "稳盈理财")


def with_settings(home: Path, **settings: Any) -> House:
    """A house whose browser is somewhere else."""
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    home.mkdir(exist_ok=True)
    (home / "xunwang.toml").write_text(f"[browser]\n{lines}\n")
    return open_house(home)


def test_a_sweep_is_given_the_one_that_the_settings_name(elsewhere: str, tmp_path: Path) -> None:
    house = with_settings(tmp_path, remote=elsewhere, way_back=WAY_BACK)
    try:
        crew, trouble = browsing_crew(house, "test")
        assert (crew is not None, trouble) == (True, "")
        assert asyncio.run(tried(crew)) == ""  # type: ignore[arg-type]
        assert elsewhere not in repr(house.config)
    finally:
        house.database.close()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"remote": "127.0.0.1:9222"}, "browser.remote 应为"),
        ({"remote": "http://:9222"}, "browser.remote 应为"),
        ({"remote": "http://[::1"}, "browser.remote 应为"),
        ({"remote": "http://127.0.0.1:9222", "way_back": "nowhere.invalid"}, "nowhere.invalid"),
        ({"remote": "http://127.0.0.1:9222", "remote_from": ["all"]}, "all"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_line(
    tmp_path: Path, settings: dict[str, Any], why: str
) -> None:
    house = with_settings(tmp_path, **settings)
    try:
        crew, trouble = browsing_crew(house, "test")
    finally:
        house.database.close()

    assert crew is None
    assert why in trouble


@pytest.mark.fault("B20")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (AS_WANTED[1:], "缺少 --force-webrtc"),
        ((*AS_WANTED, "--no-sandbox"), "不应有 --no-sandbox"),
    ],
)
def test_one_that_was_started_otherwise_is_refused(
    web: HostileWeb, user: Identity, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    with a_browser(user, tmp_path, *arguments) as address, joined(web, address) as worker:
        assert why in worker.trouble


@pytest.mark.fault("B20")
def test_one_that_can_reach_us_past_the_way_out_is_refused(web: HostileWeb, elsewhere: str) -> None:
    opened = {"allow": ("127.0.0.0/8",), "ports": tuple(range(1, 65_536))}

    with joined(web, elsewhere, **opened) as worker:
        assert "可绕过出口检查" in worker.trouble


@pytest.mark.fault("B20")
def test_another_that_comes_to_its_address_later_is_looked_at_too(
    web: HostileWeb, user: Identity, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = f"--remote-debugging-port={free.getsockname()[1]}"
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with a_browser(user, first, *AS_WANTED, port) as address:
        worker = joined(web, address)
        worker.__enter__()
    try:
        assert worker.trouble == ""
        with a_browser(user, second, *AS_WANTED[1:], port):
            seen = worker.render("http://a.test/chinese")
    finally:
        worker.__exit__()

    assert seen.outcome is Outcome.BROWSER_FAILED
    assert seen.reason.startswith("远程浏览器的启动参数不合要求：缺少 --force-webrtc")


def test_nobody_else_may_use_the_way_out(web: HostileWeb, elsewhere: str) -> None:
    with joined(web, elsewhere, callers=("127.0.0.9",)) as worker:
        assert worker.trouble == ""
        seen = worker.render("http://a.test/chinese")

    assert seen.outcome is not Outcome.SEEN


def test_one_that_is_away_is_one_line_without_its_key(web: HostileWeb) -> None:
    with joined(web, "http://127.0.0.1:1/?token=geheim") as worker:
        assert worker.trouble == "连不上远程浏览器（browser.remote）"


@pytest.mark.fault("B17")
def test_one_that_dies_costs_its_pages_only(
    web: HostileWeb, user: Identity, tmp_path: Path
) -> None:
    with a_browser(user, tmp_path, *AS_WANTED) as address:
        worker = joined(web, address)
        worker.__enter__()
    try:
        assert worker.trouble == ""
        seen = worker.render("http://a.test/chinese")
        assert (seen.outcome, "连不上" in seen.reason) == (Outcome.BROWSER_FAILED, True)
    finally:
        worker.__exit__()
