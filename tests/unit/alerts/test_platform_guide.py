"""The integration guide is true: its clauses are those that probes name, its code verifies."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.signing import KeySigner
from crawler.config import DeliverySettings
from crawler.domain.signing_key import key_from
from crawler.service.api.app import PATH
from crawler.service.platform.probing import PROBES

GUIDE = Path("docs/platform.md").read_text("utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S)


def test_every_probe_names_a_clause_that_stands_in_the_guide() -> None:
    clauses = set(re.findall(r"^- (\d\.\d) ", GUIDE, re.M))

    assert {clause for _, clause, _ in PROBES} <= clauses


@pytest.mark.parametrize(
    ("change", "believed"),
    [
        ({}, True),
        ({"webhook-id": "msg_2"}, False),
        ({"webhook-timestamp": str(int(AT.timestamp()) - 400)}, False),
        ({"webhook-timestamp": "soon"}, False),
        ({"webhook-signature": "v1"}, False),
        ({"webhook-signature": ""}, False),
    ],
)
def test_the_code_in_the_guide_believes_what_we_sign_and_nothing_else(
    change: dict[str, str], believed: bool
) -> None:
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)  # the reader copies it; so does this test
    signer = KeySigner(keys=(key_from(SECRET), b"another key of 24 bytes!"))
    headers = signer.sign("msg_1", AT, b'{"a":1}') | change

    assert names["believable"](SECRET, headers, b'{"a":1}', AT.timestamp()) is believed


def test_the_settings_in_the_guide_are_ones() -> None:
    platforms, city, district = (
        DeliverySettings.model_validate(
            tomllib.loads(block.replace("whsec_…", SECRET)).get("delivery")
        )
        for block in blocks("toml")
    )

    assert [bool(one.url) for one in platforms.endpoints] == [True, False]
    for side in (city, district):  # what is docked is an endpoint and a peer of one name and key
        (endpoint,), (peer,) = side.endpoints, side.peers
        assert (endpoint.name, endpoint.secret, endpoint.regions) == (
            peer.name, peer.secret, peer.regions
        )  # fmt: skip
        assert endpoint.url == f"{peer.url}{PATH}/inbox"
