"""ULIDs: sortable ids that can be made where a thing is made, without asking the database."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(at_ms: int, chance: bytes) -> str:
    """26 characters: 48 bits of milliseconds, 80 bits of chance (10 bytes)."""
    number = (at_ms & ((1 << 48) - 1)) << 80 | int.from_bytes(chance[:10], "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))
