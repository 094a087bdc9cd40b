"""举报线索: somebody tells of a web address. Who told is protected: it stays in the store."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.domain.errors import BadInput

LONGEST_WORDS, LONGEST_NAME = 2_000, 100


class LeadState(StrEnum):
    """received → visited → answered."""

    RECEIVED = "received"
    VISITED = "visited"
    ANSWERED = "answered"


LEAD_STATE_NAMES = {
    LeadState.RECEIVED: "待采集",
    LeadState.VISITED: "已采集",
    LeadState.ANSWERED: "已答复",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """One address that came in, with what was said about it. `reference` is the sender's number:
    the same one of the same channel comes in once.
    """

    id: int = 0
    url: str
    domain: str  # the site that it was put to
    channel: str
    reference: str = ""
    words: str = ""
    reporter: str = ""
    told_at: datetime  # when somebody told it
    received_at: datetime
    actor: str
    region: str
    site_id: int = 0
    joined: bool = False  # to a site that a filing names
    state: LeadState = LeadState.RECEIVED
    answer: str = ""
    answered_at: datetime | None = None


def checked_words(words: str, channel: str, reporter: str, reference: str) -> None:
    """BadInput if there is no channel, or if anything is longer than it may be."""
    if not channel.strip():
        raise BadInput("须写明举报渠道")
    if len(words) > LONGEST_WORDS:
        raise BadInput(f"举报内容至多 {LONGEST_WORDS} 字")
    for name, value in (("渠道", channel), ("举报人", reporter), ("来件编号", reference)):
        if len(value) > LONGEST_NAME:
            raise BadInput(f"{name}至多 {LONGEST_NAME} 字")
