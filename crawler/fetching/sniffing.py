"""What a body is, whatever its header says: the declared and the real type, and whether a person
could read it.
"""

import re
from dataclasses import dataclass

_SAMPLE = 1024
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?xml[^>]{0,200}\?>|<!--.{0,800}?-->)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|style|iframe|frameset|table|div|font|"
    rb"center|h[1-6]|br|p|a|b|img|link|form|ul|span|!--)[\s/>]?",
    re.IGNORECASE | re.DOTALL,
)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ\x90", "application/x-msdownload"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x00\x00\x00\x18ftyp", "video/mp4"),
    (b"\x00\x00\x00\x1cftyp", "video/mp4"),
    (b"\x00\x00\x00\x20ftyp", "video/mp4"),
)
_BEFORE_MARKUP = b"\xef\xbb\xbf \t\r\n"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MARKUP = frozenset({"text/html", "application/xhtml+xml"})
_TEXTS = _MARKUP | {"text/plain"}
_XML = frozenset({"text/xml", "application/xml"})


@dataclass(frozen=True, slots=True)
class Kind:
    """The type that the header names, and the one that the bytes show."""

    declared: str
    sniffed: str

    @property
    def readable(self) -> bool:
        """Whether a visitor sees words: HTML under whatever label, an SVG or other XML that is
        served as such, or plain text.
        """
        if self.sniffed in _MARKUP or _is_xml(self.sniffed):
            return True
        return self.sniffed == "text/plain" and self._shown_as_text

    @property
    def named(self) -> str:
        """What it is told to be where it is no page: a text of some kind is what its label says."""
        return self.declared if self.declared and self.sniffed == "text/plain" else self.sniffed

    @property
    def words(self) -> str:
        """For the capture: the declared type, and the real one where they differ."""
        if not self.declared or self.declared == self.sniffed:
            return self.sniffed
        return f"{self.declared}; sniffed={self.sniffed}"

    @property
    def _shown_as_text(self) -> bool:
        return self.declared in _TEXTS or not self.declared


def kind_of(content_type: str, body: bytes) -> Kind:
    """Reads at most the first kilobyte."""
    declared = content_type.partition(";")[0].strip().lower()[:100]
    declared = declared if declared.isprintable() else ""
    return Kind(declared, _sniffed(declared, body[:_SAMPLE]))


def _sniffed(declared: str, sample: bytes) -> str:
    magic = next((name for mark, name in _MAGIC if sample.startswith(mark)), "")
    if magic:
        return magic
    if _is_xml(declared) and sample.lstrip(_BEFORE_MARKUP)[:1] == b"<":
        return declared
    if _HTML.match(sample):
        return "text/html"
    if sample[:2] in _WIDE_MARKS:
        return declared if declared in _TEXTS else "text/plain"
    if _binary(sample):
        return "text/html" if declared in _MARKUP and b"<" in sample else "application/octet-stream"
    return declared if declared in _MARKUP else "text/plain"


def _is_xml(kind: str) -> bool:
    """Whether a browser builds a document from it, pictures and feeds among them."""
    return kind in _XML or kind.endswith("+xml")


def _binary(sample: bytes) -> bool:
    """Control characters that no text has; the odd NUL in a page is no sign."""
    strange = sum(sample.count(code) for code in _STRANGE)
    return strange * 50 > len(sample)


_STRANGE = tuple(bytes((n,)) for n in (*range(9), 11, *range(14, 27), *range(28, 32)))
