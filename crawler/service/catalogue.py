"""What the product says, in Chinese and in English.

The terminal says sentences by key (`words/zh.toml`, `words/en.toml`, the same keys in both). Pages
stand in Chinese where they are written; `words/pages/*.toml` hold the same sentences in English.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")

Say = Callable[..., str]


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


@lru_cache(maxsize=1)
def english() -> Mapping[str, str]:
    """Chinese sentence of a page → English sentence, with the same {names}."""
    zh, en = catalogue("zh").words, catalogue("en").words
    words = {said: en[part][name] for part in zh for name, said in zh[part].items()}
    for file in sorted((_FOLDER / "pages").glob("*.toml")):
        words |= tomllib.loads(file.read_text("utf-8"))
    return words


@lru_cache(maxsize=len(LANGUAGES))
def sayer(language: str) -> Say:
    """`say("余 {n} 条", n=3)` in one language; what nobody translated stays Chinese."""
    words = english() if language == "en" else {}

    def say(sentence: str, **values: Any) -> str:
        told = words.get(sentence, sentence)
        return told.format(**values) if values else told

    return say


chinese = sayer("zh")
