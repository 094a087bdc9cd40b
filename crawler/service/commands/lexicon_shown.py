"""How a terminal shows the word lists' versions, differences, replays and figures."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from crawler.domain.assessment import LEVEL_NAMES, Assessment, Level, Side
from crawler.domain.capture import UNSEEN
from crawler.domain.lexicon import Term
from crawler.service.lexicon_life import Faring
from crawler.service.rejudging import Rejudged
from crawler.service.replaying import MINUTES_AN_ALERT, Replay, Shift
from crawler.service.showing import as_json, complain, escape, level, moment, out, say, table
from crawler.service.wiring import House
from lexicons.documents import Problem
from lexicons.faring import LEAST_DECISIONS, Fared
from lexicons.publishing import Difference, Version, current

MOST_SHOWN = 20


def versions(known: Sequence[Version], house: House, *, json: bool) -> None:
    """All published versions, newest first, and which is in force."""
    in_force = current(house.shelf)
    number = in_force.number if in_force else 0
    rows = [
        {
            "number": one.number, "version": one.digest, "author": one.author,
            "approved_by": one.approved_by, "note": one.note, "published_at": one.published_at,
            "in_force": one.number == number,
        }
        for one in known
    ]  # fmt: skip
    if json:
        as_json({"in_force": number, "versions": rows})
        return
    if not number:
        say("启用的是随程序的词库（第 0 版）")
    if known:
        columns = ("版本", "启用", "摘要", "作者", "批准", "发布时间", "说明")
        table("词库版本", columns, [
            (str(one.number), "●" if one.number == number else "", one.digest, one.author,
             one.approved_by or "—", moment(one.published_at), one.note)
            for one in known
        ])  # fmt: skip


def problems(found: Sequence[Problem], folder: Path, *, json: bool) -> None:
    """Every fault with file, line and reason."""
    if json:
        as_json([msgspec.to_builtins(one) for one in found])
    elif not found:
        say(f"{folder}：词库没有问题")
    for one in () if json else found:
        complain(str(one))


def trial(old: Assessment, new: Assessment | None, *, json: bool) -> None:
    """What the lexicon in force says of a page, and what the new one would."""
    if json:
        told = {"in_force": _told(old)} | ({"tried": _told(new)} if new else {})
        as_json(told)
        return
    if new is None:
        _judgement("现行词库", old)
        return
    _judgement("现行词库", old)
    _judgement("试用词库", new)


def _judgement(name: str, one: Assessment) -> None:
    badge = level(one.level, LEVEL_NAMES[one.level])
    out.print(f"{name} {badge} {one.score:g} 分  {escape(one.sentence)}")
    for reason in one.reasons:
        side = "为" if reason.side is Side.FOR else "反"
        say(f"  {side} {reason.points:+.1f}  {reason.text}")
    for hit in one.hits[:MOST_SHOWN]:
        disguise = "，变体写法" if hit.obfuscated else ""
        unseen = "，页面上不可见" if hit.field == UNSEEN else ""
        say(f"     词 {hit.word}（{hit.field} {hit.start}–{hit.end}“{hit.raw}”{disguise}{unseen}）")


def _told(one: Assessment) -> dict[str, Any]:
    return {
        "level": one.level, "score": one.score, "sentence": one.sentence,
        "version": one.lexicon_version, "hits": msgspec.to_builtins(one.hits),
        "reasons": msgspec.to_builtins(one.reasons), "yields": msgspec.to_builtins(one.yields),
    }  # fmt: skip


def difference(change: Difference) -> None:
    """The words that came, went and changed."""
    say(
        f"词条：新增 {len(change.added)}，删除 {len(change.removed)}，改动 {len(change.changed)}；"
        f"变体写法：新增 {len(change.variants_added)}，删除 {len(change.variants_removed)}"
    )
    rows = [("新增", *_cells(term)) for term in change.added]
    rows += [("删除", *_cells(term)) for term in change.removed]
    rows += [("改动", new.word, new.category, _changes(old, new)) for old, new in change.changed]
    if rows:
        table("词条差异", ("", "词", "类别", "权重与条件"), rows[:200])
    if len(rows) > 200:
        say(f"另有 {len(rows) - 200} 条，用 --json 看全部")


def _cells(term: Term) -> tuple[str, str, str]:
    return term.word, term.category, f"权重 {term.weight:g}"


def _changes(old: Term, new: Term) -> str:
    before, after = msgspec.to_builtins(old), msgspec.to_builtins(new)
    return "；".join(
        f"{name} {before[name]} → {after[name]}" for name in after if before[name] != after[name]
    )


def difference_and_replay(change: Difference, result: Replay | None) -> None:
    """Both as one document."""
    as_json({"words": change, "replay": _replay_told(result) if result else None})


def _replay_told(result: Replay) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(result)
    return told | {"officer_minutes": result.officer_minutes}


def replay(result: Replay, *, json: bool = False) -> None:
    """What would newly alert and what would fall silent."""
    if json:
        as_json(_replay_told(result))
        return
    say(
        f"已采 {result.sites} 个网站：现行词库预警 {result.alerting_before} 个，"
        f"新词库预警 {result.alerting_after} 个；"
        f"新增预警 {result.newly_alerting}，不再预警 {result.falling_silent}，"
        f"升级 {result.raised}，降级 {result.lowered}"
    )
    minutes = result.officer_minutes
    word = "多" if minutes >= 0 else "少"
    say(f"按每条预警 {MINUTES_AN_ALERT:g} 分钟估算，专员{word}看 {abs(minutes):g} 分钟")
    _shifts("新增预警", [one for one in result.shifts if one.opens])
    _shifts("不再预警", [one for one in result.shifts if one.falls_silent])
    rest = [one for one in result.shifts if not (one.opens or one.falls_silent)]
    _shifts("级别变化", rest)


def _shifts(name: str, shifts: Sequence[Shift]) -> None:
    if not shifts:
        return
    table(f"{name}（{len(shifts)}）", ("域名", "单位", "级别", "分数", "研判"), [
        (one.domain, one.unit_name, f"{_name(one.before)} → {_name(one.after)}",
         f"{one.score_before:g} → {one.score_after:g}", one.sentence)
        for one in shifts[:MOST_SHOWN]
    ])  # fmt: skip


def _name(one: Level) -> str:
    return LEVEL_NAMES[one]


def rejudged(done: Rejudged, *, json: bool) -> None:
    """What rejudging changed."""
    if json:
        as_json(done)
        return
    say(
        f"重判 {done.judged} 个网站：升级 {done.raised}，降级 {done.lowered}"
        f"（其中 {done.left_open} 个预警未结，保持原判，由专员处理）；"
        f"{done.known} 个已是现行词库的结果或没有文字"
    )


def feedback(found: Faring, *, json: bool) -> None:
    """The weakest words and rules, those that never hit, and new words proposed."""
    if json:
        as_json(found)
        return
    say(f"专员已处理的预警：核实 {found.confirmed}，误报 {found.dismissed}")
    _fared("最弱的词", found.words)
    _fared("最弱的规则", found.rules)
    if found.proposals:
        columns = ("词", "已核实页面", "其他页面", "倍数")
        table("建议增加的词（已核实页面中明显偏多）", columns, [
            (one.word, str(one.confirmed_pages), str(one.other_pages), f"{one.ratio:.1f}")
            for one in found.proposals[:MOST_SHOWN]
        ])  # fmt: skip
    if found.never_hit:
        first = "、".join(found.never_hit[:MOST_SHOWN])
        say(f"从未命中的词 {len(found.never_hit)} 个：{first}…（--json 看全部）")


def _fared(title: str, all_of: Iterable[Fared]) -> None:
    rows = [one for one in all_of if one.decisions >= LEAST_DECISIONS or one.misled]
    if rows:
        columns = ("名称", "准确率", "核实", "误报", "专员指明误导")
        table(title, columns, [
            (one.name, f"{one.precision:.0%}", str(one.confirmed), str(one.dismissed),
             str(one.misled))
            for one in rows[:MOST_SHOWN]
        ])  # fmt: skip
