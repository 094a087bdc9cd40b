"""From bytes in any portions to one Answer: tolerant, bounded, and the same however the bytes
were cut. It never raises.
"""

import re
from dataclasses import replace

from crawler.fetching.answer import (
    NOTHING_CAME,
    Answer,
    Framing,
    answer_from,
    framing_of,
)
from crawler.fetching.chunks import ChunkReader

HEAD_CAP = 256 * 1024
BODY_CAP = 8 * 1024 * 1024

_HEAD_END = re.compile(rb"\n\r?\n")
_LEAD = re.compile(rb"[\r\n \t]*")
_STATUS_WORD = re.compile(rb"(?:.{0,4}HTTP|ICY)", re.IGNORECASE | re.DOTALL)
_WORD_BYTES = 8  # four that may be junk, and the word itself
_HTML_START = re.compile(
    rb"[\s\xef\xbb\xbf]*<(?:!doctype|html|head|body|meta|title|div)", re.IGNORECASE
)
_MAY_BE_HTML = re.compile(rb"[\s\xef\xbb\xbf]*(?:<|$)")
_HTML_BYTES = 64
SWITCHED = 101


class AnswerReader:
    """Feed it what comes, tell it when nothing more will; `done` says that it needs no more.

    `bare` lets an answer pass that has no head at all, if it looks like HTML: browsers show those
    on port 80.
    """

    def __init__(
        self, *, head_cap: int = HEAD_CAP, body_cap: int = BODY_CAP, bare: bool = False
    ) -> None:
        self.done = False
        self._room = head_cap  # for this head; those of interim answers were taken off it
        self._cap = body_cap
        self._bare = bare
        self._waiting = bytearray()  # the head, until it is whole
        self._searched = 0
        self._raw = bytearray()
        self._answer: Answer | None = None
        self._framing = Framing()
        self._chunks: ChunkReader | None = None
        self._truncated = ""
        self._data_loss = False

    @property
    def head_seen(self) -> bool:
        """Whether a head came, so that there is an answer even if the time is over now."""
        return self._answer is not None

    def feed(self, portion: bytes) -> None:
        """Takes one portion; of what comes after the end nothing is kept."""
        if self.done:
            return
        if self._answer is not None:
            self._take(portion)
            return
        self._waiting += portion
        while self._answer is None and not self.done and self._try_head():
            pass

    def end(self) -> None:
        """The other side closed, in order or not."""
        if self.done:
            return
        if self._answer is None:
            self._end_in_head()
            return
        whole = self._chunks.whole if self._chunks else self._framing.length is None
        self._finish("" if whole else "disconnect", data_loss=not whole)

    def lose(self) -> None:
        """The connection broke: a body that only a close would have ended is not whole either."""
        if self._answer is not None and not self.done and self._chunks is None:
            self._finish("disconnect", data_loss=True)
        self.end()

    def cut(self) -> None:
        """The time is over."""
        if not self.done:
            self._finish("time")

    def answer(self) -> Answer:
        """What came so far, as one record."""
        if self._answer is None:
            return Answer(head=bytes(self._waiting), truncated=self._truncated)
        body = bytes(self._raw)
        return replace(
            self._answer,
            body=body,
            payload=bytes(self._chunks.payload) if self._chunks else body,
            truncated=self._truncated,
            data_loss=self._data_loss,
            is_shredded=bool(self._chunks and self._chunks.is_shredded),
            problem=self._answer.problem or self._framing.problem,
        )

    def _try_head(self) -> bool:
        """One head if it is there; True if another one has to follow."""
        lead = _LEAD.match(self._waiting)
        start = lead.end() if lead else 0
        if len(self._waiting) - start < _WORD_BYTES:
            return self._too_long()
        if not _STATUS_WORD.match(self._waiting, start, start + _WORD_BYTES):
            return self._without_status(ended=False)
        end = _HEAD_END.search(self._waiting, max(start, self._searched - 2), self._room)
        self._searched = len(self._waiting)
        return self._too_long() if end is None else self._accept(end.end())

    def _too_long(self) -> bool:
        if len(self._waiting) >= self._room:
            self._refuse("应答头超过上限", keep=self._room)
        return False

    def _accept(self, end: int) -> bool:
        answer = answer_from(bytes(self._waiting[:end]))
        rest = bytes(self._waiting[end:])
        if answer.status is not None and 100 <= answer.status < 200 and answer.status != SWITCHED:
            self._waiting[:] = rest
            self._searched = 0
            self._room -= end
            return bool(rest)
        self._begin(answer, framing_of(answer), rest)
        return False

    def _begin(self, answer: Answer, framing: Framing, rest: bytes) -> None:
        self._answer, self._framing = answer, framing
        self._chunks = ChunkReader() if framing.chunked else None
        self._waiting.clear()
        if framing.length == 0:
            self._finish("")
        else:
            self._take(rest)

    def _without_status(self, *, ended: bool) -> bool:
        hopeful = self._bare and _MAY_BE_HTML.match(self._waiting)
        if hopeful and not ended and len(self._waiting) < _HTML_BYTES:
            return False
        if self._bare and _HTML_START.match(self._waiting, 0, _HTML_BYTES):
            self._begin(Answer(status=200), Framing(), bytes(self._waiting))
        else:
            self._refuse(_not_http(self._waiting), keep=_WORD_BYTES)
        return False

    def _end_in_head(self) -> None:
        start = _LEAD.match(self._waiting)
        at = start.end() if start else 0
        if at == len(self._waiting):
            self._answer, self.done = NOTHING_CAME, True
            self._truncated, self._data_loss = NOTHING_CAME.truncated, True
        elif _STATUS_WORD.match(self._waiting, at, at + _WORD_BYTES):
            self._answer = answer_from(bytes(self._waiting))
            self._finish("disconnect", data_loss=True)
        else:
            self._without_status(ended=True)
            self.end()

    def _refuse(self, problem: str, *, keep: int) -> None:
        self._answer = Answer(head=bytes(self._waiting[:keep]), problem=problem)
        self._finish("length")

    def _take(self, portion: bytes) -> None:
        limit = self._cap if self._framing.length is None else min(self._cap, self._framing.length)
        room = limit - len(self._raw)
        self._raw += portion[:room]
        if self._chunks:
            self._take_chunks(self._chunks)
        elif len(self._raw) == self._framing.length:
            self._finish("")
        if not self.done and len(portion) > room:
            self._finish("length")

    def _take_chunks(self, chunks: ChunkReader) -> None:
        chunks.read(self._raw)
        if chunks.closed_at is not None:
            del self._raw[chunks.closed_at :]
            lost = "length" if chunks.is_shredded else "disconnect" if chunks.broken else ""
            self._finish(lost, data_loss=chunks.broken)

    def _finish(self, truncated: str, *, data_loss: bool = False) -> None:
        self.done = True
        self._truncated = truncated
        self._data_loss = data_loss


def _not_http(waiting: bytearray) -> str:
    if waiting[:1] == b"\x15" or waiting[:2] == b"\x16\x03":
        return "对方在明文端口使用加密协议"
    return "应答不是 HTTP"
