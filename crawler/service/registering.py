"""Take one register into the store, or only rehearse it. Sites of which it says something new are
due at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from crawler.domain.audit import Act
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.subject import (
    REGISTER_NAMES,
    LicenceState,
    Register,
    RegisterList,
    licence_state,
    to_watch,
)
from crawler.reading.list_kinds import kind_of
from crawler.reading.register_list import read_register
from crawler.service.importing import rules_of
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.evidence import file_digest
from crawler.store.sites import make_due, sites_by_id
from crawler.store.subjects import (
    RegisterReport,
    drop_register,
    import_register,
    newest_list,
    sites_named_by,
    stage_register,
    standings_of,
)

_LEAST_LEFT = 0.5  # a whole list that leaves less of the last one is a slip until somebody says not
_BLOCK = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """A register file with what the person who brings it says about it."""

    path: Path
    register: Register
    source: str
    as_of: date
    whole: bool = True
    shrinks: bool = False  # the person knows that much of the last list is gone
    name: str = ""  # as it was called where it came from; else the path's


def take_register(
    house: House, handed: Handed, actor: str, at: datetime, *, rehearse: bool = False
) -> tuple[RegisterReport, int]:
    """Every row accepted, merged or refused, in one transaction; and how many sites it concerns.
    Others may write while the rows are read.
    BadInput if it is no such register, older than what is there, or would wipe it out.
    """
    source = _checked_source(handed.source)
    if handed.as_of > at.astimezone(CHINA).date():
        raise BadInput(f"截至日期 {handed.as_of} 在未来")
    rules = rules_of(house)
    kind_of(handed.path, rules)  # no pipe or device is read to its end for a digest
    taken = RegisterList(
        register=handed.register,
        source=source,
        as_of=handed.as_of,
        name=handed.name or handed.path.name,
        sha256=file_digest(handed.path),
        received_at=at,
        whole=handed.whole,
    )
    entries = read_register(handed.path, taken, rules)
    staging = partial(stage_register, entries=entries, region=house.config.region)
    with house.database.prepared(staging, rehearse=rehearse) as (db, staged):
        _check_newer(db, taken)
        before = _standing_now(db, sites_named_by(db, taken.register, source))
        report = import_register(db, taken, staged, actor, house.config.region)
        _check_left(report, handed)
        changed = _make_due(db, before, sites_named_by(db, taken.register, source), at)
        counts = f"{report.rows}={report.accepted}+{report.merged}+{report.refused}"
        said = f"{taken.register} {source} {taken.as_of} {counts}"
        note(db, _act("register.import", str(report.list_id), actor, at, house, said))
    return report, changed


def take_back(
    house: House, register: Register, source: str, reason: str, actor: str, at: datetime
) -> tuple[int, int]:
    """A source's lines out of a register: how many lines, how many sites it concerns."""
    if not reason.strip():
        raise BadInput("撤下名录须写明理由")
    with house.database.transaction() as db:
        if newest_list(db, register, source) is None:
            raise BadInput(f"{REGISTER_NAMES[register]}里没有来源“{source}”")
        before = _standing_now(db, sites_named_by(db, register, source))
        gone = drop_register(db, register, source, at)
        changed = _make_due(db, before, (), at)
        said = f"{source}：{reason.strip()[:200]}"
        note(db, _act("register.drop", str(register), actor, at, house, said))
    return gone, changed


_Judged = dict[int, tuple[LicenceState, bool]]


def _standing_now(db: Connection, ids: Iterable[int]) -> _Judged:
    """What judging and looking make of the registers for these sites."""
    wanted, found = sorted(ids), _Judged()
    for start in range(0, len(wanted), _BLOCK):
        sites = sites_by_id(db, wanted[start : start + _BLOCK])
        standings = standings_of(db, list(sites.values()))
        found |= {
            site_id: (licence_state(standing), to_watch(standing) is not None)
            for site_id, standing in standings.items()
        }
    return found


def _make_due(db: Connection, before: _Judged, named: Iterable[int], at: datetime) -> int:
    """Sites that are to be judged anew, because a register now says something else of them."""
    after = _standing_now(db, {*before, *named})
    nothing = (LicenceState.UNCHECKED, False)
    differ = [
        one for one in {*before, *after} if before.get(one, nothing) != after.get(one, nothing)
    ]
    for site_id in differ:
        make_due(db, site_id, at)
    return len(differ)


def _checked_source(source: str) -> str:
    named = " ".join(source.split())
    if not named or len(named) > 100 or not named.isprintable():
        raise BadInput("名录来源（--source）须为 1 至 100 个字，如“金融监管总局许可证信息”")
    return named


def _check_newer(db: Connection, taken: RegisterList) -> None:
    last = newest_list(db, taken.register, taken.source)
    if last is not None and taken.as_of < last.as_of:
        raise BadInput(
            f"该来源已载入截至 {last.as_of} 的名录，这份只到 {taken.as_of}；旧名录不覆盖新名录"
        )


def _check_left(report: RegisterReport, handed: Handed) -> None:
    if not report.accepted:
        why = report.refusals[0].reason if report.refusals else "没有任何主体"
        raise BadInput(f"没有一行可用：{why}")
    if not handed.shrinks and report.after < report.before * _LEAST_LEFT:
        raise BadInput(
            f"原有 {report.before} 条，换成这份只剩 {report.after} 条；"
            "若只是其中一部分请加 --part，确实减少请加 --shrink"
        )


def _act(action: str, object_: str, actor: str, at: datetime, house: House, said: str) -> Act:
    return Act(
        at=at,
        actor=actor,
        action=action,
        object=f"register:{object_}",
        region=house.config.region,
        after=said,
    )
