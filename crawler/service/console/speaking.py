"""The console's words: templates say them in Chinese, `english.toml` beside them says the same."""

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

ENGLISH = Path(__file__).parent / "english.toml"

Say = Callable[..., str]


@lru_cache(maxsize=1)
def english() -> Mapping[str, str]:
    """Chinese sentence → English sentence, with the same {names}."""
    words: Mapping[str, str] = tomllib.loads(ENGLISH.read_text("utf-8"))["words"]
    return words


def sayer(language: str) -> Say:
    """`say("余 {n} 条", n=3)` in one language; what nobody translated stays Chinese."""
    words = english() if language == "en" else {}

    def say(sentence: str, **values: Any) -> str:
        told = words.get(sentence, sentence)
        return told.format(**values) if values else told

    return say
