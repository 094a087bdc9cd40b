"""What the product says, in Chinese and in English; one file a language, the same keys in both."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """All words of one language."""

    language: str
    words: Mapping[str, Mapping[str, str]]

    def say(self, key: str, **values: Any) -> str:
        """The sentence `part.name`, with values put in."""
        part, name = key.split(".", 1)
        return self.words[part][name].format(**values)

    def name(self, part: str, value: str) -> str:
        """The name of one value of a closed list; the value itself if it has none."""
        return self.words[part].get(value, value)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Catalogue:
    """The words of a language."""
    text = (_FOLDER / f"{language}.toml").read_text("utf-8")
    return Catalogue(language=language, words=tomllib.loads(text))
