"""What of a text can be kept, and how it stands on the screen."""

import re

_TURNED = re.compile("\u202e([^\u202c\n]*)\u202c?")
_HALF = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without halves of characters, which no file and no database takes."""
    return _HALF.sub("\ufffd", text)


def as_shown(text: str) -> str:
    """The text with what a right-to-left override turns round standing as it is seen (Unicode
    Standard Annex 9, RLO). It does not nest here: nobody reads what would come of that.
    """
    return _TURNED.sub(lambda found: found[1][::-1], text) if "\u202e" in text else text
