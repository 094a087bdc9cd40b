"""The evidence of a pack: each capture's folder, and the case's own WARC. One record is in memory
at a time; one that is missing or changed is left out and named.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from crawler.domain.capture import Capture, Evidence, EvidenceKind, Fetcher, PageText
from crawler.domain.errors import BadInput
from crawler.fetching.picture import copy_with_banner
from crawler.service.packing.archive import Pack
from crawler.service.packing.gathering import Shot
from crawler.store.evidence import block_in, body_of, information, open_member

_NAMES = {
    EvidenceKind.DOM: "dom.html.txt",  # a page somebody made: it must not open by a double click
    EvidenceKind.OCR: "ocr.txt",
}
_PICTURES = {EvidenceKind.PICTURE: "picture", EvidenceKind.FULL_PICTURE: "full"}
_SPACE = uuid.UUID("8f5e4c52-6a3a-5d0e-9f63-0d6c3b1f7a10")


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """A kept record that is not what was kept any more."""

    capture_id: str
    kind: str
    reason: str
    stored_sha256: str


@dataclass(kw_only=True)
class Keeping:
    """Puts evidence into a pack, and remembers what was broken."""

    pack: Pack
    folder: Path  # of the segments
    font: Path | None
    copies: Mapping[str, Evidence] = field(default_factory=dict)  # the case's own, or moved ones
    removed: Mapping[str, str] = field(default_factory=dict)  # captures gone by age, in words
    broken: list[Broken] = field(default_factory=list)

    def put_shots(self, shots: Sequence[Shot]) -> None:
        """The folder of each capture."""
        for shot in shots:
            self._put(shot, "manifest.json", shot.linked.manifest.encode(), "manifest")
            for evidence in shot.capture.evidence:
                block = self._block(shot.capture, evidence)
                if block is not None:
                    self._put_record(shot, evidence, block)
            self._put_certificate(shot)
            self._put_text(shot)

    def put_warc(self, path: str, name: str, shots: Sequence[Shot], at: datetime) -> None:
        """Every kept record of these captures as it lies in its segment, in one file."""
        self.pack.put(path, self._members(name, shots, at), "evidence", piece="warc")

    def picture_of(self, shot: Shot) -> bytes | None:
        """The first screen of a capture, checked; where that is broken, the whole page's picture,
        which begins with it. None if there is neither.
        """
        for kind in _PICTURES:
            for evidence in shot.capture.evidence:
                if evidence.kind is kind and (block := self._block(shot.capture, evidence)):
                    return block
        return None

    def _members(self, name: str, shots: Sequence[Shot], at: datetime) -> Iterator[bytes]:
        yield information(name, at.astimezone(UTC), f"<urn:uuid:{uuid.uuid5(_SPACE, name)}>")
        for shot in shots:
            for evidence in shot.capture.evidence:
                try:
                    yield self._member(evidence)
                except BadInput as error:
                    self._note(shot.capture, evidence, error)

    def _member(self, evidence: Evidence) -> bytes:
        """From its segment; where that is gone or broken, from the case's own copy."""
        try:
            return open_member(self.folder, evidence)
        except BadInput:
            copy = self.copies.get(evidence.stored_sha256)
            if copy is None:
                raise
            return open_member(self.folder, copy)

    def _block(self, capture: Capture, evidence: Evidence) -> bytes | None:
        try:
            return block_in(self._member(evidence), evidence)
        except BadInput as error:
            self._note(capture, evidence, error)
            return None

    def _note(self, capture: Capture, evidence: Evidence, error: BadInput) -> None:
        why = self.removed.get(capture.id, str(error))
        one = Broken(
            capture_id=capture.id, kind=str(evidence.kind), reason=why,
            stored_sha256=evidence.stored_sha256,
        )  # fmt: skip
        if one not in self.broken:
            self.broken.append(one)

    def _put_record(self, shot: Shot, evidence: Evidence, block: bytes) -> None:
        if evidence.kind in _PICTURES:
            self._put_picture(shot, evidence, block)
        elif evidence.kind in _NAMES:
            self._put(shot, _NAMES[evidence.kind], block, str(evidence.kind))
        elif evidence.kind is EvidenceKind.RESPONSE and _is_last(shot.capture, evidence):
            self._put(shot, "body.raw", body_of(block), "body")

    def _put_picture(self, shot: Shot, evidence: Evidence, block: bytes) -> None:
        name, ending = _PICTURES[evidence.kind], "png" if block[:4] == b"\x89PNG" else "jpg"
        self._put(shot, f"{name}.{ending}", block, str(evidence.kind))
        try:
            shown = copy_with_banner(
                block, url=shot.capture.final_url, at=shot.capture.ended_at, font=self.font
            )
        except BadInput as error:
            self._note(shot.capture, evidence, error)
        else:
            self.pack.put(
                f"{shot.folder}/{name}-banner.jpg", shown, "derived", capture=shot.capture.id
            )

    def _put_certificate(self, shot: Shot) -> None:
        tls = shot.capture.tls
        if tls and tls.certificate_der:
            self._put(shot, "certificate.der", tls.certificate_der, "certificate")

    def _put_text(self, shot: Shot) -> None:
        if shot.text is not None:
            words = "".join(_told(shot.text)).encode("utf-8", "surrogatepass")
            self.pack.put(f"{shot.folder}/text.txt", words, "derived", capture=shot.capture.id)

    def _put(self, shot: Shot, name: str, content: bytes, piece: str) -> None:
        path = f"{shot.folder}/{name}"
        self.pack.put(path, content, "evidence", capture=shot.capture.id, piece=piece)


def _is_last(capture: Capture, evidence: Evidence) -> bool:
    """The answer whose body the page was read from; a way that ended nowhere has none."""
    if capture.fetcher is not Fetcher.HTTP or not capture.body_sha256:
        return False
    answers = [one for one in capture.evidence if one.kind is EvidenceKind.RESPONSE]
    return evidence is answers[-1]


def _told(text: PageText) -> Iterable[str]:
    for one in text.fields:
        yield f"[{one.name}]\n{one.text}\n\n"
