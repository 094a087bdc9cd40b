"""A console over HTTP on loopback, and somebody who asks it as a browser would."""

import http.client
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from crawler.domain.user import Role, user_from
from crawler.service.console.app import app_of
from crawler.service.console.passwords import hash_of
from crawler.service.wiring import House, open_house
from crawler.store.people import save_user
from tests.builders import NOON

PASSWORD = "correct horse 9"
BOUNDARY = "b0undary"
UPLOADING = {
    "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    "Sec-Fetch-Site": "same-origin",
}


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """Keeps cookies; a change carries the headers of a page of ours unless told otherwise."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(
        self, path: str, fields: Sequence[tuple[str, str]] | Mapping[str, str] = (), **headers: str
    ) -> Answer:
        body = urlencode(list(fields.items()) if isinstance(fields, Mapping) else fields)
        ours = {"Sec-Fetch-Site": "same-origin"} | headers
        ours.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return self.ask("POST", path, body.encode(), ours)

    def upload(self, path: str, content: bytes, name: str = "l.csv", **fields: str) -> Answer:
        """A form with one file."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = ("".join(parts) + head).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        return self.ask("POST", path, body, UPLOADING)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {k.replace("_", "-"): v for k, v in (headers or {}).items() if v}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, sent)
            got = connection.getresponse()
            told: dict[str, str] = {}
            for name, value in got.getheaders():  # one that comes twice is kept on two lines
                key = name.lower()
                told[key] = f"{told[key]}\n{value}" if key in told else value
            answer = Answer(got.status, told, got.read())
        finally:
            connection.close()
        self._keep(answer)
        return answer

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Answer:
        return self.post("/sign-in", {"name": name, "password": password, **more})

    def _keep(self, answer: Answer) -> None:
        for one in answer.headers.get("set-cookie", "").splitlines():
            name, _, rest = one.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')


@contextmanager
def console(folder: Path, clock: Clock | None = None, settings: str = "") -> Iterator["Served"]:
    """A fresh installation, served."""
    folder.mkdir(exist_ok=True)
    (folder / "xunwang.toml").write_text(settings or 'region = "310000"\n', "utf-8")
    house = open_house(folder)
    try:
        with served(house, clock or Clock()) as port:
            yield Served(house=house, port=port)
    finally:
        house.database.close()


@contextmanager
def served(house: House, clock: Clock) -> Iterator[int]:
    settings = uvicorn.Config(
        app_of(house, clock), host="127.0.0.1", port=0, log_level="error", lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(6_000):  # a busy machine may need long
        if server.started:
            break
        time.sleep(0.01)
    assert server.started, "the console did not start"
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)


@dataclass(frozen=True)
class Served:
    house: House
    port: int

    def visitor(self) -> Visitor:
        return Visitor(self.port)

    def person(self, name: str, *roles: Role, region: str = "310118") -> Visitor:
        """Somebody with an account, signed in."""
        self.account(name, *roles, region=region)
        visitor = self.visitor()
        assert visitor.sign_in(name).status == 303
        return visitor

    def account(self, name: str, *roles: Role, region: str = "310118") -> None:
        user = user_from(name, frozenset(roles), region, NOON)
        with self.house.database.transaction() as db:
            save_user(db, user, kept_password(), "test")


@cache
def kept_password() -> str:
    return hash_of(PASSWORD)
