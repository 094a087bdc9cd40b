"""Take one filing list into the store, or only rehearse it."""

from datetime import datetime
from functools import partial
from pathlib import Path

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.domain.filing import FilingList
from crawler.fetching.guard import Policy, may_connect, networks_of
from crawler.reading.filing_list import open_list
from crawler.reading.list_rules import ListRules
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.evidence import file_digest
from crawler.store.lists import ImportReport, Staged, import_list, stage_list


def import_file(
    house: House,
    path: Path,
    *,
    source: str,
    actor: str,
    at: datetime,
    whole: bool,
    rehearse: bool,
) -> ImportReport:
    """Every row accepted, merged or refused, in one transaction; BadInput if it is no list. Others
    may write while the rows are read.
    """
    region = house.config.region
    opened = open_list(path, region, rules_of(house))
    filing_list = FilingList(
        source=source,
        name=path.name,
        sha256=file_digest(path),
        size_bytes=path.stat().st_size,
        received_at=at,
        whole=whole,
    )
    staging = partial(stage_list, entries=opened.rows, region=region)
    with house.database.prepared(staging, rehearse=rehearse) as (db, staged):
        _check_usable(staged)
        report = import_list(db, filing_list, staged, actor, region)
        counts = f"{report.rows}={report.accepted}+{report.merged}+{report.refused}"
        act = Act(
            at=at,
            actor=actor,
            action="list.import",
            object=f"list:{report.list_id}",
            region=region,
            after=counts,
        )
        note(db, act)
    return report


def _check_usable(staged: Staged) -> None:
    """A list of which nothing can be used is a broken one: taken as whole it would retire all."""
    if staged.rows > staged.refused:
        return
    if not staged.first:
        raise BadInput("名单里一行备案也没有，没有导入")
    one = staged.first[0]
    raise BadInput(
        f"{staged.rows} 行全部不能采用，没有导入；"
        f"如第 {one.row} 行 {one.column}：{one.value} —— {one.reason}"
    )


def rules_of(house: House) -> ListRules:
    """What a list may point at: the same policy that guards every connection."""
    crawl = house.config.crawl
    ports = frozenset(crawl.ports) | {80, 443}
    policy = Policy(ports=ports, allowed=networks_of(crawl.allow), denied=networks_of(crawl.deny))
    return ListRules(ports=ports, allows=lambda address: may_connect(address, 80, policy).granted)
