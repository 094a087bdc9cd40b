"""A manifest is what the chain links and a foreign reader recomputes: its bytes may never drift."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from crawler.domain.capture import (
    Evidence,
    EvidenceKind,
    Fetcher,
    Flag,
    Hop,
    TlsFacts,
    manifest_of,
)
from tests.builders import NOON, a_capture

CAPTURE = a_capture(
    fetcher=Fetcher.HTTP,
    title="“引号” \u2028 与 \\ 反斜杠",
    flags=(Flag.DIVERGENT,),
    hops=(Hop(url="http://a.example.cn/", status=200, at=NOON),),
    tls=TlsFacts(version="TLSv1.3", certificate_der=b"\x00\xff"),
    evidence=(
        Evidence(kind=EvidenceKind.RESPONSE, segment="s", offset=0, length=9, sha256="ab" * 32),
    ),
)


def leaf(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "AP8=" if value == b"\x00\xff" else ""


def test_a_manifest_is_all_facts_with_sorted_keys_and_without_spaces() -> None:
    whole = json.dumps(
        asdict(CAPTURE), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=leaf
    )
    assert manifest_of(CAPTURE) == whole
