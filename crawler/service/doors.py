"""What every command is given: where the house is, which language, who acts, what time it is."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.service.catalogue import Catalogue, catalogue
from crawler.service.wiring import House, open_house

LATER, INTERRUPTED = 3, 130  # exit codes: something waits for the next go; ended by a person


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """The command line's way in."""

    home: Path
    config: Path | None
    actor: str

    @contextmanager
    def opened(self) -> Iterator[tuple[House, Catalogue]]:
        """The house and the words it speaks."""
        house = open_house(self.home, self.config)
        try:
            yield house, catalogue(house.config.language)
        finally:
            house.database.close()


def now() -> datetime:
    """The moment, once a command."""
    return datetime.now(UTC)


def door_from(argv: list[str]) -> tuple[Door, list[str]]:
    """--home and --config may stand anywhere; the rest is the command's."""
    rest, found = [], {"--home": os.environ.get("XUNWANG_HOME", "var"), "--config": ""}
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name in found:
            found[name] = value if equals else next(words, "")
        else:
            rest.append(word)
    door = Door(
        home=Path(found["--home"] or "var"),
        config=Path(found["--config"]) if found["--config"] else None,
        actor=os.environ.get("XUNWANG_ACTOR") or _login(),
    )
    return door, rest


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
