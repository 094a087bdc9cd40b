"""An identity provider on loopback: real HTTP, real keys, and each lie it can be told to tell."""

import base64
import hashlib
import hmac
import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, RSAKey
from joserfc.jwt import encode

from tests.integration.console_house import Clock

CLIENT, SECRET = "xunwang", "canary-of-the-client"
Fields = Mapping[str, str]


@cache
def rsa_key(name: str, bits: int = 2_048) -> RSAKey:
    with warnings.catch_warnings(action="ignore"):  # of a short one
        return RSAKey.generate_key(bits, {"kid": name, "use": "sig"})


@cache
def ec_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


@dataclass
class Provider:
    """What it says to whom. A test changes a field, and that is the lie."""

    issuer: str
    clock: Clock
    key: RSAKey | ECKey
    algorithm: str = "RS256"
    published: list[Any] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)  # put over the true ones
    document: dict[str, Any] = field(default_factory=dict)  # put over the true one
    token: Callable[["Provider", dict[str, Any]], str] | None = None
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # by path
    drips: str = ""  # the path whose answer never ends
    console: str = ""  # where a browser is sent back to
    visitor: str = "shenlan"  # who sits before it
    asked: list[tuple[str, Mapping[str, str], Fields]] = field(default_factory=list)
    codes: dict[str, Fields] = field(default_factory=dict)

    def come(self, address: str, name: str) -> str:
        """Somebody signs in there: the address to which they are sent back."""
        wanted = {key: one[0] for key, one in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = wanted | {"name": name}
        sent = {"code": code, "state": wanted["state"], "iss": self.issuer}
        return f"{urlsplit(wanted['redirect_uri']).path}?{urlencode(sent)}"

    def signed(self, wanted: Fields) -> str:
        now = int(self.clock.now.timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": f"sub-{wanted['name']}", "iat": now,
            "exp": now + 300, "nonce": wanted["nonce"], "preferred_username": wanted["name"],
        } | self.claims  # fmt: skip
        claims = {key: value for key, value in claims.items() if value is not None}
        if self.token is not None:
            return self.token(self, claims)
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return encode(header, claims, self.key, algorithms=[self.algorithm])

    def exchanged(self, sent: Mapping[str, str], form: Fields) -> tuple[int, bytes]:
        wanted = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if sent.get("Authorization") != f"Basic {pair}":
            return 401, b'{"error": "invalid_client"}'
        if wanted is None or proof != wanted["code_challenge"]:
            return 400, b'{"error": "invalid_grant"}'
        if form.get("redirect_uri") != wanted["redirect_uri"]:
            return 400, b'{"error": "invalid_grant"}'
        told = {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(wanted)}
        return 200, json.dumps(told).encode()

    def described(self) -> bytes:
        return json.dumps({
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
        } | self.document).encode()  # fmt: skip

    def keys(self) -> bytes:
        real = RSAKey | ECKey
        public = [one.as_dict(private=False) if isinstance(one, real) else one
                  for one in self.published]  # fmt: skip
        return json.dumps({"keys": public}).encode()


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]

    def do_GET(self) -> None:
        ways = {
            "/.well-known/openid-configuration": self.provider.described,
            "/keys": self.provider.keys,
        }
        if self.path.startswith("/authorize"):  # a browser comes: one link leads it back
            back = self.provider.console + self.provider.come(self.path, self.provider.visitor)
            page = f"<!doctype html><title>SSO</title><a href='{escape(back)}'>on</a>".encode()
            return self._answer({}, lambda: (200, page))
        made = ways.get(self.path)
        return self._answer({}, lambda: (200, made()) if made else (404, b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {key: one[0] for key, one in parse_qs(body).items()}
        self._answer(form, lambda: self.provider.exchanged(dict(self.headers), form))

    def _answer(self, form: Fields, make: Callable[[], tuple[int, bytes]]) -> None:
        self.provider.asked.append((self.path, dict(self.headers), form))
        status, content = self.provider.answers.get(self.path) or make()
        try:
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", content.decode())
            if self.path.startswith("/authorize"):
                self.send_header("Content-Type", "text/html")
            self.end_headers()
            if self.provider.drips == self.path:
                for _ in range(600):
                    self.wfile.write(b" ")
                    time.sleep(0.1)
            self.wfile.write(content)
        except OSError:  # we were left: the answer was too long, or took too long
            pass

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def provider(clock: Clock, host: str = "127.0.0.1") -> Iterator[Provider]:
    key = rsa_key("first")
    handler = type("Here", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made = Provider(
        issuer=f"http://{host}:{server.server_port}", clock=clock, key=key,
        published=[key, ec_key("second")],
    )  # fmt: skip
    handler.provider = made  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def settings_for(made: Provider, more: str = "", rest: str = "") -> str:
    return (
        f'region = "310000"\n{rest}[console.oidc]\nissuer = "{made.issuer}"\nclient = "{CLIENT}"\n'
        f'secret = "{SECRET}"\naddress = "http://127.0.0.1:8000"\n{more}'
    )


def unsigned(_: Provider, claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def stripped(made: Provider, claims: dict[str, Any]) -> str:
    """Says RS256, and carries no signature."""
    return f"{_part({'alg': 'RS256', 'kid': made.key.kid})}.{_part(claims)}."


def by_public_key(made: Provider, claims: dict[str, Any]) -> str:
    """HS256 whose secret is the public key that everybody knows."""
    pem = made.key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{_part({'alg': 'HS256', 'kid': made.key.kid})}.{_part(claims)}"
    digest = hmac.digest(pem, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def by_stranger(made: Provider, claims: dict[str, Any]) -> str:
    """Another's key under the name of a published one."""
    header = {"alg": "RS256", "kid": made.key.kid}
    return encode(header, claims, rsa_key("stranger"), algorithms=["RS256"])


def by_unknown_key(_: Provider, claims: dict[str, Any]) -> str:
    return encode({"alg": "RS256", "kid": "stranger"}, claims, rsa_key("stranger"))


def carrying_its_key(_: Provider, claims: dict[str, Any]) -> str:
    """Brings the key that it is to be checked with."""
    own = ec_key("stranger")
    header = {"alg": "ES256", "kid": own.kid, "jwk": own.as_dict(private=False)}
    return encode(header, claims, own)


def changed_after(made: Provider, claims: dict[str, Any]) -> str:
    head, _, signature = encode({"alg": "RS256", "kid": made.key.kid}, claims, made.key).split(".")
    return f"{head}.{_part(claims | {'preferred_username': 'chief'})}.{signature}"


def _part(told: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
