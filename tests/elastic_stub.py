"""Just enough of Elasticsearch on loopback to misbehave in every way a real one can.

It keeps what it accepts, with external versions. `faults` are asked, first to last, before each
bulk (and each search); one that answers is used up, unless it says that it stays.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Item = dict[str, Any]
Judge = Callable[[int, str], Item | None]  # number and id of a bulk's item → its refusal


@dataclass
class Answer:
    """A whole answer instead of the right one."""

    status: int = 200
    body: bytes = b"{}"
    kind: str = "application/json"
    product: bool = True
    after_s: float = 0.0
    accept_first: bool = False  # do the work, then answer so
    reset: bool = False
    stays: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ElasticStub:
    """A server; `docs` is what it holds, `sent` how often each id came."""

    docs: dict[str, Item] = field(default_factory=dict)
    indices: dict[str, Item] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    bulk_faults: list[Answer | Judge] = field(default_factory=list)
    every: Answer | None = None  # instead of everything
    longest: int = 1 << 30
    template: Item = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> str:
        stub = self

        class Handler(_Handler):
            owner = stub

        self._server = _Server(("127.0.0.1", port), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def bulk(self, body: bytes) -> Answer:
        if len(body) > self.longest:
            return Answer(status=413)
        judge: Judge | None = None
        fault: Answer | None = None
        if self.bulk_faults:
            one = self.bulk_faults[0]
            if not (isinstance(one, Answer) and one.stays):
                self.bulk_faults.pop(0)
            if isinstance(one, Answer):
                fault = one
            else:
                judge = one
        if fault is not None and not fault.accept_first:
            return fault
        answer = self._taken(body, judge)
        return fault or answer

    def _taken(self, body: bytes, judge: Judge | None) -> Answer:
        lines = [json.loads(line) for line in body.splitlines()]
        items = []
        for number, (head, source) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
            action = head["index"]
            self.sent.append(action["_id"])
            refusal = judge(number, action["_id"]) if judge else None
            items.append({"index": refusal or self._kept(action, source)})
        told = {"errors": any("error" in one["index"] for one in items), "items": items}
        return Answer(body=json.dumps(told).encode())

    def _kept(self, action: Item, source: Item) -> Item:
        named = {"_id": action["_id"], "_index": action["_index"]}
        if action["_index"] not in self.indices:
            error = {"type": "index_not_found_exception", "reason": "no such index"}
            return named | {"status": 404, "error": error}
        held = self.docs.get(action["_id"])
        if held and held["version"] > action["version"]:
            error = {"type": "version_conflict_engine_exception", "reason": "older"}
            return named | {"status": 409, "error": error}
        self.docs[action["_id"]] = {"version": action["version"], "source": source}
        return named | {"status": 201}


def refusing(status: int, kind: str, *, each: int = 1, reason: str = "") -> Judge:
    """Every `each`-th item of a bulk is refused so."""

    def judge(number: int, digest: str) -> Item | None:
        if number % each:
            return None
        return {"_id": digest, "status": status, "error": {"type": kind, "reason": reason}}

    return judge


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses our certificate, or hangs up, is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    owner: ElasticStub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self._read())

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None:
        pass

    def _read(self) -> Answer:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        stub, path = self.owner, self.path.split("?")[0]
        if stub.every is not None:
            return stub.every
        if path == "/":
            version = {"number": "8.19.13", "build_flavor": "default"}
            return _json({"version": version, "tagline": "You Know, for Search"})
        if path == "/_bulk":
            return stub.bulk(body)
        if path.startswith("/_index_template/"):
            stub.template = json.loads(body) if body else {}
            return _json({"acknowledged": True})
        return self._of_index(path.strip("/"), body)

    def _of_index(self, path: str, body: bytes) -> Answer:
        stub = self.owner
        name, _, verb = path.partition("/")
        if verb in ("_refresh", "_count", "_search"):
            return _json({"count": len(stub.docs), "hits": {"total": {"value": 0}, "hits": []}})
        if self.command == "PUT":
            meta = stub.template["template"]["mappings"]["_meta"]
            stub.indices[name] = json.loads(body) | {"mappings": {"_meta": meta}}
            return _json({"acknowledged": True})
        if self.command == "DELETE":
            stub.indices.pop(name, None)
            return _json({"acknowledged": True})
        return _json(stub.indices)

    def _answer(self, answer: Answer) -> None:
        time.sleep(answer.after_s)
        if answer.reset:
            # no FIN, but RST: the connection is gone under the client's hands
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(answer.status)
        kind = "application/vnd.elasticsearch+json;compatible-with=8"
        self.send_header("Content-Type", kind if answer.kind == "application/json" else answer.kind)
        if answer.product:
            self.send_header("X-Elastic-Product", "Elasticsearch")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


def _json(body: Item) -> Answer:
    return Answer(body=json.dumps(body).encode())
