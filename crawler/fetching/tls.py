"""Talking TLS to anybody, and judging afterwards whether a browser would have."""

import hashlib
import ssl
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from crawler.domain.capture import TlsFacts

_WEAK_VERSIONS = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Handshake:
    """What the other side showed, unjudged. The chain starts with its own certificate (DER)."""

    version: str = ""
    cipher: str = ""
    chain: tuple[bytes, ...] = ()


def tolerant_context() -> ssl.SSLContext:
    """Down to the oldest protocol and cipher the library has; nothing is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= 0x4  # OP_LEGACY_SERVER_CONNECT, without a name before Python 3.12
    return context


def handshake_of(channel: Any) -> Handshake:
    """The facts of an open TLS connection."""
    cipher = channel.cipher()
    return Handshake(
        version=channel.version() or "",
        cipher=cipher[0] if cipher else "",
        chain=tuple(_chain(channel)),
    )


def system_roots() -> tuple[bytes, ...]:
    """The root certificates that this machine trusts, DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return tuple(context.get_ca_certs(binary_form=True))


def facts_of(shake: Handshake, host: str, now: datetime, roots: Store | None) -> TlsFacts:
    """What the manifest keeps, with the first thing a browser would object to."""
    own = shake.chain[0] if shake.chain else b""
    return TlsFacts(
        version=shake.version,
        cipher=shake.cipher,
        certificate_sha256=hashlib.sha256(own).hexdigest() if own else "",
        certificate_der=own,
        problem=_problem_read(shake, host, now, roots),
    )


def store_of(roots: Iterable[bytes]) -> Store | None:
    """Roots to verify against; None without any, and then no chain is judged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd serial number of a root is not ours to mend
        certificates = [one for der in roots if (one := _certificate(der)) is not None]
    return Store(certificates) if certificates else None


def _chain(channel: Any) -> list[bytes]:
    """Python publishes the chain from 3.13 on; before, only an inner object has it."""
    inner = getattr(channel, "_sslobj", None)
    ask: Callable[[], Any] | None = getattr(channel, "get_unverified_chain", None)
    ask = ask or getattr(inner, "get_unverified_chain", None)
    if ask is None:
        own = channel.getpeercert(True)
        return [own] if own else []
    return [_der(one) for one in ask() or ()]


def _der(certificate: Any) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    return ssl.PEM_cert_to_DER_cert(certificate.public_bytes())


def _certificate(der: bytes) -> x509.Certificate | None:
    with warnings.catch_warnings():  # of odd ones that are read all the same: a number of zero
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return x509.load_der_x509_certificate(der)
        except _UNREADABLE:
            return None


def _problem_read(shake: Handshake, host: str, now: datetime, roots: Store | None) -> str:
    """The same, of certificates that lie about their letters too: a name in GBK is no rarity."""
    try:
        return _problem(shake, host, now, roots)
    except _UNREADABLE:
        return "证书内容有误，无法读取"


def _problem(shake: Handshake, host: str, now: datetime, roots: Store | None) -> str:
    chain = [_certificate(der) for der in shake.chain]
    own = chain[0] if chain else None
    if own is None:
        return "没有可读的证书"
    if now < own.not_valid_before_utc:
        return "证书尚未生效"
    if now > own.not_valid_after_utc:
        return f"证书已于 {own.not_valid_after_utc:%Y-%m-%d} 过期"
    if not _names(own, host):
        return f"证书不是为 {host} 签发"
    if _self_signed(own):
        return "证书为自签名"
    if shake.version in _WEAK_VERSIONS:
        return f"协议版本过低（{shake.version}）"
    return _distrust(own, [one for one in chain[1:] if one is not None], now, roots)


def _self_signed(own: x509.Certificate) -> bool:
    if own.issuer != own.subject:
        return False
    try:
        own.verify_directly_issued_by(own)
    except (*_UNREADABLE, InvalidSignature):
        return False
    return True


def _names(own: x509.Certificate, host: str) -> bool:
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if _is_literal(host):
            return ip_address(host.strip("[]")) in names.get_values_for_type(x509.IPAddress)
        return any(_matches(host, name) for name in names.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, x509.DuplicateExtension, *_UNREADABLE):
        return False


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:].lower()
    return host == pattern.lower().rstrip(".")


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _distrust(
    own: x509.Certificate, others: Sequence[x509.Certificate], now: datetime, roots: Store | None
) -> str:
    if roots is None:
        return ""
    verifier = PolicyBuilder().store(roots).time(now.replace(tzinfo=None)).build_client_verifier()
    try:
        verifier.verify(own, list(others))
    except VerificationError:
        return "证书链不受信任"
    except _UNREADABLE:
        return "证书链无法核验"
    return ""
