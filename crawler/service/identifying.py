"""Who somebody is, by an identity provider (OpenID Connect, authorization code with PKCE): where to
send them, and what the provider says of whom it sent back. Only its signed word counts.
"""

import base64
import hashlib
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from joserfc.errors import (
    BadSignatureError,
    InvalidKeyIdError,
    JoseError,
    SecurityWarning,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import ECKey, Key, KeySet, RSAKey, import_key
from joserfc.jws import JWSRegistry
from joserfc.jwt import decode

from crawler.config import OidcSettings
from crawler.domain.errors import BadInput, TryLater, reason_of
from crawler.service.asking import Permit, ask, place_of
from crawler.service.desks import permit_of
from crawler.service.wiring import House

WAY_BACK = "/sign-in/provider/back"
# never one whose key both sides know, never none
ALGORITHMS = tuple(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
SKEW, OLDEST = timedelta(seconds=60), timedelta(minutes=10)
WAIT_S, MOST_BYTES = 8.0, 512 * 1024
_LEAST_RSA_BITS = 2_048
_MOST_KEYS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """What the provider publishes of itself."""

    sign_in: str  # where people are sent
    token: str  # where their code is changed
    keys: str
    basic: bool  # whether the secret goes into a header


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Whom the provider vouches for. `subject` is its own name for them, and never changes."""

    name: str
    subject: str


def find_provider(house: House, settings: OidcSettings) -> Provider:
    """As its discovery document says. TryLater where it is away, BadInput where it says what
    cannot be used.
    """
    url = settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
    told = _object(_answered(house, settings, url))
    if told.get("issuer") != settings.issuer:
        raise BadInput(f"身份提供方自称 {_shown(told.get('issuer'))}，与设置的 issuer 不同")
    ways = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Provider(
        sign_in=_web(told, "authorization_endpoint", settings),
        token=_web(told, "token_endpoint", settings),
        keys=_web(told, "jwks_uri", settings),
        basic=isinstance(ways, list) and "client_secret_basic" in ways,
    )


def find_keys(house: House, settings: OidcSettings, provider: Provider) -> KeySet:
    """The keys it signs with. Those that sign nothing we take are left out; BadInput if none is
    left.
    """
    told = _object(_answered(house, settings, provider.keys)).get("keys")
    listed = told[:_MOST_KEYS] if isinstance(told, list) else []
    keys = [key for one in listed if (key := _key_from(one)) is not None]
    if not keys:
        raise BadInput("身份提供方没有公布可用的签名公钥")
    return KeySet(keys)


def way_there(
    settings: OidcSettings, provider: Provider, *, state: str, nonce: str, verifier: str
) -> str:
    """The address at which somebody signs in, and from which they come back."""
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.client,
        "redirect_uri": settings.address + WAY_BACK,
        "scope": settings.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return provider.sign_in + ("&" if "?" in provider.sign_in else "?") + urlencode(asked)


def identify(
    house: House, settings: OidcSettings, provider: Provider, code: str, verifier: str,
    nonce: str, now: datetime,
) -> Identity:  # fmt: skip
    """Change a code for the provider's word, once. BadInput for a word that is not to be believed,
    TryLater where none came.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.address + WAY_BACK,
        "client_id": settings.client,
        "code_verifier": verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    secret = settings.secret.get_secret_value()
    if secret and provider.basic:  # both parts are form-encoded first (RFC 6749, 2.3.1)
        pair = f"{quote_plus(settings.client)}:{quote_plus(secret)}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif secret:
        form["client_secret"] = secret
    body = urlencode(form).encode()
    token = _object(_answered(house, settings, provider.token, body, headers)).get("id_token")
    if not isinstance(token, str):
        raise BadInput("身份提供方没有给出身份令牌（id_token）")
    claims = _signed(token, find_keys(house, settings, provider))
    check_claims(claims, settings, nonce, now)
    return _identity_in(claims, settings)


def check_claims(
    claims: Mapping[str, Any], settings: OidcSettings, nonce: str, now: datetime
) -> None:
    """Whether a signed word is this provider's, for us, of now, and of this very sign-in; BadInput
    says what is wrong.
    """
    if claims.get("iss") != settings.issuer:
        raise BadInput(f"身份令牌由 {_shown(claims.get('iss'))} 签发，不是设置的 issuer")
    audience = claims.get("aud")
    heard = audience if isinstance(audience, list) else [audience]
    if settings.client not in heard:
        raise BadInput("身份令牌是发给别的应用的（aud 不符），请核对 console.oidc.client")
    if claims.get("azp", settings.client) != settings.client or (
        len(heard) > 1 and "azp" not in claims
    ):
        raise BadInput("身份令牌是发给别的应用的（azp 不符）")
    _check_times(claims, now)
    said = claims.get("nonce")
    if not isinstance(said, str) or not compare_digest(said.encode(), nonce.encode()):
        raise BadInput("身份令牌不是为这一次登录签发的（nonce 不符）")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    made, ends = _seconds(claims, "iat"), _seconds(claims, "exp")
    moment, skew = now.timestamp(), SKEW.total_seconds()
    begins = _seconds(claims, "nbf") if "nbf" in claims else made
    if max(made, begins) > moment + skew:
        ahead = max(made, begins) - moment
        raise BadInput(f"身份令牌的时间比本机快 {ahead:.0f} 秒，请核对双方的时钟")
    if ends <= moment - skew:
        raise BadInput(f"身份令牌 {moment - ends:.0f} 秒前已过期，请核对双方的时钟")
    if made < moment - OLDEST.total_seconds():
        raise BadInput(f"身份令牌是 {moment - made:.0f} 秒前签发的，请核对双方的时钟")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    given = claims.get(name)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1e11:
        raise BadInput(f"身份令牌没有可用的时间（{name}）")
    return float(given)


def _identity_in(claims: Mapping[str, Any], settings: OidcSettings) -> Identity:
    name, subject = claims.get(settings.claim), claims.get("sub")
    if not isinstance(name, str) or not name.strip() or not isinstance(subject, str):
        raise BadInput(f"身份令牌里没有 {settings.claim}，请在身份提供方为本应用配置")
    if settings.claim == "email" and claims.get("email_verified") is not True:
        raise BadInput("身份提供方没有核实过这个邮箱（email_verified）")
    return Identity(name=name.strip(), subject=_shown(subject))


def _signed(token: str, keys: KeySet) -> Mapping[str, Any]:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        return decode(token, keys, registry=registry).claims
    except UnsupportedAlgorithmError:
        raise BadInput("身份令牌的签名算法不被接受") from None
    except InvalidKeyIdError:
        raise BadInput("身份令牌的签名密钥不在身份提供方公布的公钥里") from None
    except BadSignatureError:
        raise BadInput("身份令牌的签名不对") from None
    except (JoseError, ValueError, KeyError, TypeError):
        raise BadInput("身份令牌无法解析") from None


def _key_from(given: object) -> Key | None:
    if not isinstance(given, dict) or given.get("use", "sig") != "sig":
        return None
    try:
        key = import_key(given)
    except (JoseError, SecurityWarning, ValueError, KeyError, TypeError, AttributeError):
        return None  # a short one is warned of, and where warnings are errors it ends here
    if isinstance(key, RSAKey) and key.public_key.key_size >= _LEAST_RSA_BITS:
        return key
    return key if isinstance(key, ECKey) else None


def _answered(
    house: House, settings: OidcSettings, url: str, body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:  # fmt: skip
    """The content of a good answer. A provider that refuses says why in `error` (RFC 6749, 5.2)."""
    try:
        status, content = ask(
            url, _permit(house, settings), body=body, within_s=WAIT_S, most_bytes=MOST_BYTES,
            headers={"Accept": "application/json"} | dict(headers or {}), trust=_trust(settings),
        )  # fmt: skip
    except BadInput as mistake:
        raise BadInput(f"身份提供方的地址{mistake}") from mistake
    except TryLater as trouble:
        raise TryLater(f"身份提供方{trouble}") from trouble
    if status == HTTPStatus.OK:
        return content
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TryLater(f"身份提供方答复 {status}")
    raise BadInput(f"身份提供方答复 {status}{_refusal(content)}")


def _refusal(content: bytes) -> str:
    try:
        told = _object(content).get("error")
    except BadInput:
        return ""
    return f"：{_shown(told)}" if isinstance(told, str) else ""


def _permit(house: House, settings: OidcSettings) -> Permit:
    """The issuer's host stands in the settings, so it may lie inside; whatever else its document
    names must be as public as a receiver of messages.
    """
    usual, own = permit_of(house), place_of(settings.issuer).host

    def permit(host: str, port: int) -> str:
        if host != own:
            return usual(host, port)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return str(found[0][4][0])

    return permit


def _trust(settings: OidcSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:  # an ssl.SSLError is one
            raise BadInput(f"console.oidc.ca_file 无法使用：{reason_of(error)}") from error
    return context


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise BadInput("身份提供方的答复不是 JSON 对象")
    return told


def _web(told: Mapping[str, Any], name: str, settings: OidcSettings) -> str:
    """An address of its document: encrypted, unless the provider is on this very machine."""
    url = told.get(name)
    safe = urlsplit(settings.issuer).scheme
    plain = isinstance(url, str) and url.isascii() and url.isprintable() and len(url) < 2_000
    if not isinstance(url, str) or not plain or not url.startswith(("https://", f"{safe}://")):
        raise BadInput(f"身份提供方的 {name} 不是可用的 https 网址")
    try:
        place_of(url)
    except BadInput as mistake:
        raise BadInput(f"身份提供方的 {name} {mistake}") from mistake
    return url


def _shown(given: object) -> str:
    """Foreign text in a line of ours."""
    return "".join(one for one in str(given)[:120] if one.isprintable()) or "-"
