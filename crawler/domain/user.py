"""Who may sign in to the console, in which roles, for which region."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from crawler.domain.errors import BadInput
from crawler.domain.region import names_a_district


class Role(StrEnum):
    """What a person is here for. An auditor is nothing else (三员分立)."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    OPS = "ops"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.OFFICER: "专员",
    Role.SUPERVISOR: "主管",
    Role.OPS: "运维",
    Role.AUDITOR: "审计",
    Role.ADMIN: "管理员",
}
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
_NAME = re.compile(r"[\w.@-]{2,60}")
_REGION = re.compile(r"[1-9]\d{5}|0{6}")


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A person with an account. `name` is what they sign in with, and stands in the audit trail."""

    id: int = 0
    name: str
    shown_name: str = ""
    roles: frozenset[Role]
    region: str  # six digits; 000000 is everywhere
    disabled: bool = False
    has_factor: bool = False  # a second one is asked for at the door
    created_at: datetime

    @property
    def reach(self) -> str:
        """The prefix that the region of all rows they see begins with."""
        return reach_of(self.region)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Somebody signed in. The store knows the digest of its token, never the token."""

    digest: str
    user: User
    started_at: datetime
    last_seen_at: datetime
    address: str


def reach_of(region: str) -> str:
    """310000 → 31, 310100 → 3101, 310110 → 310110 (its last 0 is part of the name), 000000 → ''."""
    if region == "000000":
        return ""
    if names_a_district(region):
        return region
    return region[:4] if region[2:4] != "00" else region[:2]


def user_from(
    name: str, roles: frozenset[Role], region: str, at: datetime, shown_name: str = ""
) -> User:
    """A new user; BadInput says what is wrong with the name, the roles or the region."""
    known = unicodedata.normalize("NFKC", name).strip()
    if not _NAME.fullmatch(known):
        raise BadInput("用户名为 2 至 60 个字母、汉字、数字或 . _ - @")
    return User(
        name=known,
        shown_name=shown_name.strip()[:60] or known,
        roles=checked_roles(roles),
        region=checked_region(region),
        created_at=at,
    )


def checked_region(region: str) -> str:
    """Six digits; BadInput if they are none."""
    if not _REGION.fullmatch(region):
        raise BadInput("区划须为六位代码（GB/T 2260），000000 为不限")
    return region


def changed(
    before: User, *, roles: frozenset[Role], region: str = "", disabled: bool = False
) -> User:
    """The same account with other rights, by the rules of a new one; no region keeps the old."""
    same = user_from(before.name, roles, region or before.region, before.created_at)
    return replace(before, roles=same.roles, region=same.region, disabled=disabled)


def checked_roles(roles: frozenset[Role]) -> frozenset[Role]:
    """At least one; an auditor has no other, and an administrator decides nothing."""
    if not roles:
        raise BadInput("至少要有一个角色")
    if Role.AUDITOR in roles and len(roles) > 1:
        raise BadInput("审计员不能兼任其他角色（三员分立）")
    if Role.ADMIN in roles and roles & {Role.OFFICER, Role.SUPERVISOR}:
        raise BadInput("管理员不能兼任专员或主管（三员分立）")
    return roles


def checked_password(password: str, name: str) -> str:
    """A password that is long enough and not the name; BadInput says why not."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInput(f"口令须为 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符")
    if name.casefold() in password.casefold() or len(set(password)) < 5:
        raise BadInput("口令不能含用户名，也不能只有几个相同的字符")
    return password
