"""What of a text can be kept."""

import re

_HALF = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without halves of characters, which no file and no database takes."""
    return _HALF.sub("\ufffd", text)
