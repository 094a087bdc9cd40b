"""Certificates of our own, made anew at every start."""

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


def self_signed(*names: str, days: int = 30) -> ssl.SSLContext:
    """A server's TLS context for `names` that no client has a reason to trust."""
    return with_its_pem(*names, days=days)[0]


def with_its_pem(*names: str, days: int = 30) -> tuple[ssl.SSLContext, bytes]:
    """The same for names or addresses, and what a client needs who shall trust it all the same. It
    ends in so many days, or ended so many ago.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    public = _certificate(key, names, days).public_bytes(_PEM)
    secret = key.private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "site.pem")
        file.write_bytes(secret + public)
        context.load_cert_chain(file)
    return context, public


def _certificate(
    key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], days: int
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(days, 0) - 1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
