"""A filed domain that points at our own machines is not followed (fault case S18)."""

import socket
import threading
from pathlib import Path

import pytest

from crawler.config import Config, DeliverySettings, EndpointSettings, SearchSettings, StoreSettings
from crawler.service.own_hosts import own_addresses
from tests.journey.conftest import Installation

HOME = Path("/nowhere")


def test_the_machines_we_name_are_our_own() -> None:
    endpoint = EndpointSettings(
        name="platform",
        url="https://127.0.0.71/in",
        secret="whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw==",
    )
    config = Config(
        home=HOME,
        store=StoreSettings(database="postgresql+psycopg://x:y@127.0.0.72/xunwang"),
        search=SearchSettings(elasticsearch="http://localhost:9200"),
        delivery=DeliverySettings(endpoints=(endpoint,)),
    )

    own = own_addresses(config)

    assert {"127.0.0.71", "127.0.0.72", "127.0.0.1"} <= set(own)


def test_a_name_without_an_address_does_not_stop_a_sweep() -> None:
    config = Config(home=HOME, search=SearchSettings(elasticsearch="http://no.such.invalid"))

    assert "no.such.invalid" not in own_addresses(config)


@pytest.mark.fault("S18")
@pytest.mark.slow
def test_a_domain_on_the_platforms_machine_is_blocked_and_nothing_is_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.9", 0)) as platform:
        called = listen(platform)
        port = platform.getsockname()[1]
        house = a_house(tmp_path, port)

        assert house.run("sweep", "--no-render").returncode == 0

        (site,) = house.lines("sites", "--jsonl")
        assert site["outcome"] == "blocked_address"
        assert called == []


def a_house(home: Path, port: int) -> Installation:
    """Its policy would let it: only that the platform lives there forbids it."""
    settings = (
        'region = "310118"\n[crawl]\nallow = ["127.0.0.0/8"]\n'
        f'hosts = ["127.0.0.9:{port}:{port} ours-demo.cn www.ours-demo.cn"]\nports = [{port}]\n'
        f'[[delivery.endpoints]]\nname = "platform"\nurl = "http://127.0.0.9:{port}/in"\n'
        'secret = "whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw=="\n'
    )
    (home / "xunwang.toml").write_text(settings, "utf-8")
    (home / "名单.csv").write_text("主办单位名称,域名\n某公司,ours-demo.cn\n", "utf-8")
    house = Installation(home=home)
    assert house.run("import", str(home / "名单.csv")).returncode == 0
    return house


def listen(server: socket.socket) -> list[str]:
    """Who calls, by address; ends with the socket."""
    called: list[str] = []

    def accept() -> None:
        try:
            while True:
                _, caller = server.accept()
                called.append(str(caller))
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    return called
