"""What workers without a segment of their own ask to be kept, in the parent's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import msgspec

from crawler.domain.capture import Capture, EvidenceKind
from crawler.domain.site import Visit
from crawler.service.pipes import Keepsake, Report
from crawler.store.evidence import Resource, SegmentWriter
from crawler.store.picture_texts import PictureWords


def with_keepsakes(writer: SegmentWriter, report: Report) -> Report:
    """The report with its keepsakes as evidence of its captures."""
    if not report.keepsakes:
        return report
    captures = []
    for capture in report.captures:
        mine = [one for one in report.keepsakes if one.capture_id == capture.id]
        evidence = tuple(writer.keep_resource(_resource(one, capture)) for one in mine)
        captures.append(replace(capture, evidence=capture.evidence + evidence))
    return msgspec.structs.replace(report, captures=tuple(captures), keepsakes=())


def picture_words(
    writer: SegmentWriter, visit: Visit, report: Report, now: datetime
) -> Iterator[PictureWords]:
    """What was read in pictures, kept as derived records of their own."""
    for one in report.readings:
        capture = next((c for c in visit.captures if c.id == one.capture_id), None)
        if capture is None:
            continue
        content = msgspec.json.encode({"tool": one.tool, "lines": one.field, "qr": one.qr_codes})
        derived = Resource(
            kind=EvidenceKind.OCR,
            url=capture.final_url,
            media_type="application/json",
            content=content,
            at=now,
        )
        found = bool(one.field.text or one.qr_codes)
        yield PictureWords(
            capture_id=capture.id,
            visit_id=visit.id,
            region=visit.site.region,
            field=one.field,
            qr_codes=one.qr_codes,
            evidence=(writer.keep_resource(derived),) if found else (),
            tool=one.tool,
        )


def _resource(keepsake: Keepsake, capture: Capture) -> Resource:
    return Resource(
        kind=EvidenceKind(keepsake.kind),
        url=keepsake.url,
        media_type=keepsake.media_type,
        content=keepsake.content,
        at=capture.ended_at,
    )
