"""No certificate keeps a page from being seen; what a browser would object to is said."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.fetching.tls import Handshake, facts_of
from tests.builders import NOON

HOST, HOLDER = "a.example.cn", "ABCDEFGH"
VERSION = bytes.fromhex("a003020102")  # [0] INTEGER 2: the third version


def certificate(days: int = 90, names: tuple[str, ...] = (HOST,)) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOLDER)])
    named = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
    made = x509.CertificateBuilder(name, name, key.public_key(), 5)
    dated = made.not_valid_before(NOON - timedelta(99)).not_valid_after(NOON + timedelta(days))
    return (
        dated.add_extension(named, critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def problem(der: bytes, version: str = "TLSv1.3", host: str = HOST) -> str:
    return facts_of(Handshake(version=version, chain=(der,)), host, NOON, None).problem


SOUND = certificate()


@pytest.mark.parametrize(
    ("der", "host", "said"),
    [
        (SOUND, HOST, "证书为自签名"),
        (certificate(days=-1), HOST, "证书已于 2026-05-11 过期"),
        (SOUND, "b.example.cn", "证书不是为 b.example.cn 签发"),
        (certificate(names=("*.example.cn",)), HOST, "证书为自签名"),
        (certificate(names=("*.example.cn",)), "b.a.example.cn", "证书不是为 b.a.example.cn 签发"),
        (certificate(names=("*.example.cn",)), "example.cn", "证书不是为 example.cn 签发"),
        (SOUND.replace(HOLDER.encode(), "浙江公司".encode("gbk")), HOST, "证书内容有误，无法读取"),
        (SOUND.replace(VERSION, VERSION[:-1] + b"\x07"), HOST, "没有可读的证书"),
        (SOUND[:-9], HOST, "没有可读的证书"),
    ],
)
def test_what_a_browser_would_object_to_is_said(der: bytes, host: str, said: str) -> None:
    assert problem(der, host=host) == said


@example(at=SOUND.index(VERSION) + len(VERSION) + 2, byte=0)  # its number is zero
@given(at=st.integers(0, len(SOUND) - 1), byte=st.integers(0, 255))
def test_no_certificate_is_too_odd(at: int, byte: int) -> None:
    der = SOUND[:at] + bytes([byte]) + SOUND[at + 1 :]

    assert facts_of(Handshake(chain=(der,)), HOST, NOON, None).certificate_der == der
