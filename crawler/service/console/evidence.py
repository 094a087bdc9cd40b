"""Pictures out of the evidence, checked against their digests whenever somebody looks. Nothing a
site sent is ever answered as itself: only image bytes that we made of image bytes.
"""

from io import BytesIO

from PIL import Image
from starlette.responses import Response

from crawler.domain.capture import Capture, Evidence, EvidenceKind
from crawler.domain.errors import BadInput
from crawler.fetching.picture import thumbnail
from crawler.service.console.access import READERS, get, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.keeping import Notice
from crawler.service.opening import open_kept
from crawler.store.capture_checks import broken_capture
from crawler.store.cards import capture_within
from crawler.store.removals import removal_of
from crawler.store.verifying import removed_words

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "private, max-age=86400, immutable",
    "X-Content-Type-Options": "nosniff",
}
KINDS = {"screen": EvidenceKind.PICTURE, "page": EvidenceKind.FULL_PICTURE}
_CARD_WIDTH = 1024
_MOST_PIXELS = 16_384 * 16_384


def picture(call: Call) -> Response:
    """`/evidence/<capture>/<screen|page>/<thumb|card|whole>`."""
    capture = capture_here(call, str(call.parts["capture"]))
    kept = picture_in(capture, KINDS.get(str(call.parts["kind"])))
    if kept is None:
        raise Missing
    size = str(call.parts["size"])
    if size not in ("thumb", "card", "whole"):
        raise Missing
    try:
        content = open_kept(call.house, kept)
    except BadInput:
        return _gone(call) if removed_words_of(call, capture) else _broken(call)
    return _image(content, size, capture.id)


def check(call: Call) -> Response:
    """核验: every record of a capture and its link in the chain, now."""
    capture = capture_here(call, str(call.parts["capture"]))
    with call.house.database.reading() as db:
        faults = broken_capture(db, call.house.evidence, capture)
    with call.house.database.transaction() as db:
        state = "broken" if faults else "sound"
        call.note(db, "evidence.verify", f"capture:{capture.id}", call.user.region, state)
    if faults:
        reasons = "；".join(faults[:3])
        said = call.console.say(
            "▲ 证据与登记的摘要不一致：{reasons}。请停止使用这次采集，并告知审计和运维。",
            reasons=reasons,
        )
        return call.go(call.back("/"), Notice(text=said, bad=True))
    if words := removed_words_of(call, capture):
        return call.go(
            call.back("/"), Notice(text=f"{words}；{call.console.say('清单与证据链完好')}")
        )
    said = call.console.say("✓ {n} 件证据与登记的摘要一致，证据链完好。", n=len(capture.evidence))
    return call.go(call.back("/"), Notice(text=said))


def capture_here(call: Call, capture_id: str) -> Capture:
    """A capture within the person's reach; whatever is not an id is missing too."""
    if not (capture_id.isascii() and capture_id.isalnum() and len(capture_id) <= 26):
        _tell(call, capture_id)
        raise Missing
    with call.house.database.reading() as db:
        found = capture_within(db, capture_id, call.reach)
    if found is None:
        _tell(call, capture_id)
        raise Missing
    return found


def removed_words_of(call: Call, capture: Capture) -> str:
    """That a capture's bytes went by age, and when; empty where they did not."""
    with call.house.database.reading() as db:
        found = removal_of(db, capture.id)
    return removed_words(*found) if found else ""


def picture_in(capture: Capture, kind: EvidenceKind | None) -> Evidence | None:
    """The kept picture of a kind."""
    return next((one for one in capture.evidence if one.kind is kind), None)


def size_of_kept(call: Call, kept: Evidence) -> tuple[int, int] | None:
    """Width and height of a kept picture, read from its checked bytes; None if they fail."""
    try:
        content = open_kept(call.house, kept)
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            return image.size
    except (BadInput, OSError, ValueError):
        return None


ROUTES = (
    get("/evidence/{capture}/{kind}/{size}", picture, READERS),
    post("/evidence/{capture}/verify", check, READERS),
)


def _image(content: bytes, size: str, capture_id: str) -> Response:
    try:
        made, media = _made(content, size)
    except (BadInput, OSError, ValueError, Image.DecompressionBombError):
        raise Missing from None
    named = {"Content-Disposition": f'inline; filename="{capture_id}-{size}"'}
    return Response(made, media_type=media, headers=HEADERS | named)


def _made(content: bytes, size: str) -> tuple[bytes, str]:
    if size == "thumb":
        return thumbnail(content), "image/jpeg"
    with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise BadInput("图片过大")
        if size == "whole":
            return content, Image.MIME[image.format or "PNG"]
        shown = image.convert("RGB")
    if shown.width > _CARD_WIDTH:
        shown = shown.resize((_CARD_WIDTH, max(shown.height * _CARD_WIDTH // shown.width, 1)))
    out = BytesIO()
    shown.save(out, "WEBP", quality=72, method=3)
    return out.getvalue(), "image/webp"


def _broken(call: Call) -> Response:
    """No picture is shown that is not the one that was kept."""
    with call.house.database.transaction() as db:
        call.note(db, "evidence.broken", f"path:{call.path}", call.user.region)
    return Response(
        b"", status_code=409, media_type="text/plain", headers={"Cache-Control": "no-store"}
    )


def _gone(call: Call) -> Response:
    return Response(
        b"", status_code=410, media_type="text/plain", headers={"Cache-Control": "no-store"}
    )


def _tell(call: Call, what: str) -> None:
    shown = "".join(one for one in what if one.isalnum())[:26]
    with call.house.database.transaction() as db:
        call.note(db, "console.miss", f"capture:{shown}", call.user.region)
