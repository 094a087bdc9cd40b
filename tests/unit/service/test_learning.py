"""What only the browser saw is looked for with the browser the next time."""

from typing import Any

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Fetcher
from crawler.service.learning import learned
from tests.builders import NOON, a_capture, a_visit, an_assessment


@pytest.mark.parametrize(
    ("reason", "level", "needed"),
    [
        ("album", Level.RED, True),
        ("album", Level.BLUE, False),
        ("hit", Level.RED, False),  # the plain answer said so
        ("script_shell", Level.NONE, True),
    ],
)
def test_an_alert_that_only_the_albums_turn_showed_asks_for_the_browser_again(
    reason: str, level: Level, needed: bool
) -> None:
    assert _row(reason, level)["needs_browser"] is needed


def _row(reason: str, level: Level) -> dict[str, Any]:
    plain = a_capture()
    drawn = a_capture(id="C-drawn", fetcher=Fetcher.BROWSER)
    visit = a_visit(captures=(plain,), render_reason=reason)
    return learned(visit, (drawn,), an_assessment(level=level), NOON)
