"""The second factor of a sign-in: codes of half a minute (RFC 6238 over RFC 4226), and the codes
for when the telephone is lost. Whoever calls brings time, chance and memory.
"""

import base64
import hashlib
import hmac
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # as long as SHA-1's output: RFC 4226 §4
RECOVERY_CODES = 10
_LATE_OR_EARLY = 1  # steps by which a telephone's clock may differ


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """What a telephone shows in a step of time."""
    made = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    start = made[-1] & 0x0F
    number = int.from_bytes(made[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(at: datetime) -> int:
    """Which half minute since 1970."""
    return int(at.timestamp()) // STEP_S


def step_shown(secret: bytes, typed: str, at: datetime) -> int | None:
    """The step whose code was typed, if it is now, just past or just coming."""
    known = "".join(typed.split())
    if not (known.isascii() and known.isdigit() and len(known) == DIGITS):
        return None
    now = step_of(at)
    near = range(now - _LATE_OR_EARLY, now + _LATE_OR_EARLY + 1)
    # all are compared, whichever fits: how long it takes tells nothing
    fitting = [one for one in near if hmac.compare_digest(code_of(secret, one), known)]
    return fitting[0] if fitting else None


def written(secret: bytes) -> str:
    """As it is typed into a telephone."""
    return base64.b32encode(secret).decode().rstrip("=")


def address_of(secret: bytes, name: str, issuer: str) -> str:
    """What the square holds, for a telephone to scan."""
    asked = urlencode({"secret": written(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?{asked}"


def recovery_codes(chance: bytes) -> tuple[str, ...]:
    """RECOVERY_CODES codes from 10 bytes of chance each, read as two groups of eight."""
    each = (chance[at * 10 : at * 10 + 10] for at in range(RECOVERY_CODES))
    typed = (base64.b32encode(one).decode().lower() for one in each)
    return tuple(f"{one[:8]}-{one[8:]}" for one in typed)


def recovery_digest(typed: str) -> str:
    """What is kept of a recovery code: with 80 bits of chance nobody tries them all."""
    known = "".join(one for one in typed.lower() if one.isalnum())
    return hashlib.sha256(known.encode()).hexdigest()
