"""Every setting stands in the documents, and nothing that is none."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from crawler.config import Config


def test_every_setting_is_explained_and_nothing_else() -> None:
    listed = re.findall(r"^\| `([\w.]+)`", Path("docs/settings.md").read_text("utf-8"), re.M)

    assert sorted(listed) == sorted(keys_of(Config))


def keys_of(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every key of these settings, with the keys of what lies in it."""
    for name, field in model.model_fields.items():
        kind = next(iter(get_args(field.annotation)), field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind is not field.annotation:  # a list of them is a key itself
                yield before + name
            yield from keys_of(kind, f"{before}{name}.")
        else:
            yield before + name
