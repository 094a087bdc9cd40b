"""Keys of signed messages as people write them: `whsec_` and base64 (Standard Webhooks)."""

import base64
import binascii

from crawler.domain.errors import BadInput

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)  # what the specification asks of a key


def key_from(secret: str) -> bytes:
    """The bytes behind `whsec_<base64>`; BadInput, without repeating it, if it is not one."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("密钥不是 whsec_ 加 base64") from None
    if len(key) not in _KEY_BYTES:
        raise BadInput(f"密钥须为 {_KEY_BYTES.start} 至 {_KEY_BYTES.stop - 1} 字节")
    return key


def secret_from(chance: bytes) -> str:
    """A new secret in its written form, from 24 to 64 bytes of chance."""
    return _PREFIX + base64.b64encode(chance).decode()
