"""A program that may use the API: what for, in which region, until when."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.errors import BadInput
from crawler.domain.user import checked_region, reach_of

LONGEST_LIFE = timedelta(days=400)  # then a new token: a year, and time to change it
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


class Scope(StrEnum):
    """What a token opens."""

    EVENTS_READ = "events:read"
    ALERTS_READ = "alerts:read"
    TASKS_READ = "tasks:read"
    TASKS_ANSWER = "tasks:answer"
    LISTS_READ = "lists:read"
    LISTS_WRITE = "lists:write"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"


SCOPE_NAMES = {
    Scope.EVENTS_READ: "取消息、对账",
    Scope.ALERTS_READ: "看预警",
    Scope.TASKS_READ: "看任务",
    Scope.TASKS_ANSWER: "反馈任务",
    Scope.LISTS_READ: "看名单及导入结果",
    Scope.LISTS_WRITE: "导入名单",
    Scope.LEADS_READ: "看举报线索的处理情况",
    Scope.LEADS_WRITE: "送举报线索",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """A program with a token. The store knows the digest of the token, never the token."""

    id: int = 0
    name: str
    scopes: frozenset[Scope]
    region: str  # six digits; 000000 is everywhere
    endpoint: str = ""  # whose messages it fetches
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def reach(self) -> str:
        """The prefix that the region of all rows it sees begins with."""
        return reach_of(self.region)


def client_from(
    name: str,
    scopes: frozenset[Scope],
    region: str,
    at: datetime,
    life: timedelta,
    endpoint: str = "",
) -> Client:
    """A new client; BadInput says what is wrong."""
    if not _NAME.fullmatch(name):
        raise BadInput("客户端名称为 2 至 40 个小写字母、数字或 . _ -，以字母或数字开头")
    if not scopes:
        raise BadInput("至少要有一项权限")
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise BadInput(f"令牌有效期须为 1 至 {LONGEST_LIFE.days} 天")
    return Client(
        name=name,
        scopes=scopes,
        region=checked_region(region),
        endpoint=endpoint,
        created_at=at,
        expires_at=at + life,
    )


def is_live(client: Client, now: datetime) -> bool:
    """Whether its token opens anything now."""
    return client.ended_at is None and now < client.expires_at
