"""The API over HTTP on loopback, and programs that call it."""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from alerts.desk import Desk
from alerts.reviewing import confirm
from alerts.signing import signer_of
from alerts.tasking import approve
from crawler.domain.assessment import Level
from crawler.domain.client import Scope, client_from
from crawler.domain.task import SupervisionTask
from crawler.service.api.access import digest_of
from crawler.service.api.app import PATH, app_of
from crawler.service.wiring import House, endpoints_of, open_house
from crawler.store.clients import save_client
from tests.builders import NOON, a_site
from tests.integration.answering_house import SECRET, Clock, a_desk, an_endpoint, open_alert

SETTINGS = f"""
region = "310000"

[[delivery.endpoints]]
name = "platform"
url = "http://127.0.0.1:9/"
secret = "{SECRET}"
regions = ["310118"]

[[delivery.endpoints]]
name = "fetching"
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Program:
    """Calls with its token, if it has one."""

    port: int
    token: str = ""

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        return self.ask("POST", path, body, headers)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, quote(PATH + path, safe="/?&=%"), body, sent)
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()


@dataclass(frozen=True)
class ApiHouse:
    house: House
    clock: Clock
    port: int
    desk: Desk

    def program(self, *scopes: Scope, region: str = "000000", **given: Any) -> Program:
        """Somebody with a token."""
        name = given.pop("name", f"p-{secrets.token_hex(4)}")
        life = given.pop("life", timedelta(days=30))
        client = client_from(name, frozenset(scopes), region, NOON, life, **given)
        token = f"xw_{secrets.token_urlsafe(32)}"
        with self.house.database.transaction() as db:
            save_client(db, client, digest_of(token), "test")
        return Program(self.port, token)

    def stranger(self) -> Program:
        return Program(self.port)

    def task(self, domain: str = "", region: str = "310118") -> SupervisionTask:
        """A sent task about a site of its own."""
        domain = domain or f"{secrets.token_hex(6)}.example.cn"
        site = a_site(domain=domain, region=region, unit_name=f"{domain}财富管理有限公司")
        alert = open_alert(self.house.database, site, region=region)
        task = confirm(self.house.database, alert.id, "wang", NOON, self.desk)
        return approve(self.house.database, task.id, "li", NOON, self.desk)


@contextmanager
def an_api(folder: Path, settings: str = SETTINGS) -> Iterator[ApiHouse]:
    """A fresh installation whose API answers on loopback."""
    folder.mkdir(exist_ok=True)
    (folder / "xunwang.toml").write_text(settings, "utf-8")
    house, clock = open_house(folder), Clock()
    desk = a_desk(*endpoints_of(house.config), approval_from=Level.ORANGE)
    whole = FastAPI(openapi_url=None)
    whole.mount(PATH, app_of(house, clock, lambda: desk))
    try:
        with served(whole) as port:
            yield ApiHouse(house=house, clock=clock, port=port, desk=desk)
    finally:
        house.database.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """An application on a free port."""
    settings = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(500):
        if server.started:
            break
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)


@dataclass
class Signed:
    """Signs callbacks as the platform would."""

    secret: str = SECRET
    at: datetime = NOON

    def headers(self, body: bytes, id_: str = "") -> dict[str, str]:
        signer = signer_of(an_endpoint(secret=self.secret))
        return signer.sign(id_ or f"cb-{secrets.token_hex(6)}", self.at, body)


def said(status: str, at: datetime = NOON, **given: Any) -> bytes:
    """A report as the published schema has it."""
    report = {"status": status, "at": at.isoformat(), "operator": "李*"} | given
    return json.dumps(report, ensure_ascii=False).encode()
