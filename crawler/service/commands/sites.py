"""`sites`: the ledger, one line a site; or all that is known of one."""

import sys
from dataclasses import replace
from typing import Annotated

import msgspec
import typer

from crawler.domain.capture import PageKind
from crawler.domain.discrepancy import DISCREPANCY_NAMES, DiscrepancyKind
from crawler.domain.errors import BadInput
from crawler.domain.family import MARK_NAMES
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.service.catalogue import Catalogue
from crawler.service.doors import Door
from crawler.service.showing import as_json, level, moment, out, say, table
from crawler.service.wiring import House
from crawler.store.coverage import SiteLine, site_lines
from crawler.store.site_files import SiteFile, site_file_of


def sites(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="[list|show]", help="列出，或看一个")] = "list",
    domain: Annotated[str, typer.Argument(metavar="[DOMAIN]", help="域名（show）")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="每行一个 JSON 对象（list）")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON（show）")] = False,
    region: Annotated[str, typer.Option(help="行政区划前缀，如 310118")] = "",
    unpictured: Annotated[
        bool, typer.Option("--unpictured", help="只列采集到、还没有截图的（list）")
    ] = False,
) -> None:
    """每个网站一行，或一个网站的全部情况。例：xunwang sites show huitongjinfu-demo.cn"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if what == "list":
            _list(house, words, region, unpictured=unpictured, jsonl=jsonl or json)
        elif what == "show":
            _show(house, words, domain, region, json=json)
        else:
            raise BadInput("sites 之后应为 list 或 show")


def _list(house: House, words: Catalogue, region: str, *, unpictured: bool, jsonl: bool) -> None:
    with house.database.reading() as db:
        lines = site_lines(db, region, unpictured=unpictured)
        if jsonl:
            for line in lines:
                sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            return
        rows = [
            [
                line.domain,
                _ended(line, words),
                words.name("level", line.level) if line.was_seen else "—",
                _rates(line),
                _findings(line),
                line.sentence,
            ]
            for line in lines
        ]
    table("网站", ("域名", "结果", "级别", "年化％", "不一致", "研判"), rows)


def _show(house: House, words: Catalogue, domain: str, region: str, *, json: bool) -> None:
    with house.database.reading() as db:
        found = site_file_of(db, _ascii(domain), region)
    if found is None:
        raise BadInput(f"没有网站 {domain}" if domain else "sites show 之后应为域名")
    if json:
        as_json(msgspec.to_builtins(_told(found), enc_hook=str))
        return
    line = found.line
    badge = level(line.level, words.name("level", line.level)) if line.was_seen else "—"
    out.print(f"{badge} ", end="")
    say(f"{line.domain_shown}  {line.unit_name}")
    _say(f"  {_ended(line, words)}  {line.final_url}")
    if not line.was_seen and line.last_seen_at is not None:
        say(words.say("sites.last_seen", at=moment(line.last_seen_at)))
    if line.last_seen_at is not None and line.last_picture_at is None:
        say(words.say("sites.unpictured"))
    for capture in found.captures:
        if capture.page_kind is PageKind.WILDCARD and capture.reason:
            _say(f"  {capture.reason}")
    if found.assessment is not None:
        _say(f"  {found.assessment.sentence}")
    for one in found.discrepancies:
        _say(f"  {DISCREPANCY_NAMES[one.kind]}：{one.text}（{'、'.join(one.captures)}）")
    for relative in found.relatives:
        shared = "、".join(MARK_NAMES[kind] for kind in relative.shared)
        say(f"  同族 {line.family}：{relative.domain_shown}  {shared}")
    for words_read in found.picture_words:
        _show_picture(words_read.field.text, words_read.qr_codes)
    for seen in found.history:
        outcome = words.name("outcome", seen.outcome)
        at = moment(seen.ended_at)
        say(f"  {at} {seen.id} {seen.fetcher} {seen.profile} {outcome}")


def _show_picture(text: str, codes: tuple[str, ...]) -> None:
    if text:
        _say(f"  图中文字（机器识别）：{' '.join(text.split())[:200]}")
    for code in codes:
        _say(f"  二维码（只列出，不打开）：{code}")


def _say(text: str) -> None:
    """A line with words of foreign origin in it."""
    say("".join(c if c.isprintable() else " " for c in text))


def _ascii(domain: str) -> str:
    """As the register has it, however it was typed."""
    plain = domain.strip().lower().rstrip(".").removeprefix("www.")
    try:
        return plain.encode("idna").decode() if not plain.isascii() else plain
    except UnicodeError:
        return plain


def _told(found: SiteFile) -> SiteFile:
    """As it may leave the house: persons masked, the filing's cells as given left out."""
    kind = found.site.subject_kind
    site = replace(found.site, unit_name=shown_unit_name(found.site.unit_name, kind))
    kin = tuple(
        replace(one, unit_name=shown_unit_name(one.unit_name, SubjectKind(one.subject_kind)))
        for one in found.relatives
    )
    return replace(found, site=site, filing=None, relatives=kin)


def _ended(line: SiteLine, words: Catalogue) -> str:
    """How the last visit ended, what stood there if it was no ordinary page, and how often in a
    row nothing was seen.
    """
    parts = [words.name("outcome", line.outcome or "waiting")]
    if line.page_kind not in ("", PageKind.ORDINARY):
        parts.append(words.name("page_kind", line.page_kind))
    if line.failures_in_a_row > 1:
        parts.append(words.say("sites.in_a_row", count=line.failures_in_a_row))
    return " · ".join(parts)


def _rates(line: SiteLine) -> str:
    return "、".join(f"{rate:g}" for rate in line.rates)


def _findings(line: SiteLine) -> str:
    return "、".join(DISCREPANCY_NAMES[DiscrepancyKind(one)] for one in line.findings)
