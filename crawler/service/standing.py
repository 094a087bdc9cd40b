"""What the registers say, in sentences that an officer reads; for terminal and console."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from crawler.domain.errors import BadInput
from crawler.domain.subject import (
    CREDIT_NAMES,
    REGISTER_NAMES,
    LicenceState,
    Register,
    Standing,
    ambiguities,
    credit_of,
    entity_of,
    is_stale,
    licence_state,
    to_watch,
)

LICENCE_NAMES = {
    LicenceState.UNCHECKED: "未核验（没有载入持牌机构名录）",
    LicenceState.LICENSED: "持牌（持牌范围须人工核对）",
    LicenceState.UNLISTED: "持牌机构名录未命中",
    LicenceState.AMBIGUOUS: "同名主体不止一个，未核验",
}


def told_lists(rows: Sequence[Any], today: date) -> list[dict[str, Any]]:
    """Every list with how it stands: in force, replaced by a later one, taken back, stale."""
    replaced: set[tuple[str, str]] = set()
    told = []
    for row in rows:
        one = row._asdict()
        key = (row.register, row.source)
        one["name"] = REGISTER_NAMES[Register(row.register)]
        one["file"] = row.name
        if row.dropped_at is not None:
            one["state"] = "已撤下"
        elif key in replaced:
            one["state"] = "已被替换"
        else:
            one["state"] = "现行，已过期" if is_stale(row.as_of, today) else "现行"
        if row.whole and row.dropped_at is None:
            replaced.add(key)
        told.append(one)
    return told


def lines_of(standing: Standing) -> list[str]:
    """What the registers say, one sentence each, as an officer reads it."""
    told = [f"持牌核对：{LICENCE_NAMES[licence_state(standing)]}"]
    credit, entity, watched = credit_of(standing), entity_of(standing), to_watch(standing)
    if credit is not None and credit.credit is not None:
        written = f"（名录写作“{credit.credit_written}”）"
        told.append(f"信用分类：{CREDIT_NAMES[credit.credit]}{written}，不计入预警级别")
    if entity is not None:
        where = "，".join(part for part in (entity.region, entity.street, entity.address) if part)
        told.append(f"登记：{entity.name} {entity.uscc} {where} {entity.status}".rstrip())
    if watched is not None:
        told.append(f"关注名单：{watched.reason or '未写原因'}（{watched.source} {watched.as_of}）")
    white = next((one for one in standing.found if one.register is Register.WHITE), None)
    if white is not None:
        told.append(f"白名单：{white.reason or '未写原因'}（{white.source}），仅供参考，不免除预警")
    return [*told, *ambiguities(standing), *standing.notes]


def day_from(given: str) -> date:
    """A day as people type it; BadInput if it is none."""
    try:
        return datetime.strptime(given.strip(), "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise BadInput("请写明日期，如 2026-05-01") from None
