"""Take one filing list into the store, or only rehearse it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.domain.filing import FilingList
from crawler.fetching.guard import Policy, may_connect, networks_of
from crawler.reading.filing_list import open_list
from crawler.reading.list_rules import ListRules
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.evidence import file_digest
from crawler.store.lists import ImportReport, Staged, import_list, stage_list, vanishing

LEAST_VANISHING = 10  # sites; fewer are no sign of a broken list
_TOLD_EACH = 500  # rows
T = TypeVar("T")


class Shrunk(BadInput):
    """A whole list that would retire too many sites: `part` of what its source had named."""

    def __init__(self, gone: int, stood: int) -> None:
        self.gone, self.stood, self.part = gone, stood, gone / stood
        self.loss = f"{stood} 个网站将有 {gone} 个（{self.part:.0%}）消失，没有导入"
        super().__init__(f"{self.loss}；一部分请加 --part，确属如此请加 --yes")


def import_file(
    house: House,
    path: Path,
    *,
    source: str,
    actor: str,
    at: datetime,
    whole: bool,
    rehearse: bool,
    may_shrink: bool = False,
    name: str = "",
    first: Callable[[Connection], None] = lambda db: None,
    then: Callable[[Connection, int], None] = lambda db, list_id: None,
    tell: Callable[[int, int], None] = lambda read, there: None,
) -> ImportReport:
    """Every row accepted, merged or refused, in one transaction with what the caller does `first`
    and `then`; BadInput if it is no list, Shrunk if it loses more than `ops.most_shrink` and nobody
    said that it may. Others may write while the rows are read. `name` is what the list was called
    where it came from, if not as its path is. `tell` hears now and then how many rows are read of
    about how many (0: unknown); as many as there are once all are.
    """
    region = house.config.region
    opened = open_list(path, region, rules_of(house))
    filing_list = FilingList(
        source=source,
        name=name or path.name,
        sha256=file_digest(path),
        size_bytes=path.stat().st_size,
        received_at=at,
        whole=whole,
    )
    entries = _told(opened.rows, lambda read: tell(read, opened.there))
    staging = partial(stage_list, entries=entries, region=region)
    with house.database.prepared(staging, rehearse=rehearse) as (db, staged):
        tell(staged.rows, staged.rows)
        first(db)
        _check_usable(staged)
        if whole and not (rehearse or may_shrink) and (loss := loss_of(house, db, source)):
            raise loss
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
        then(db, report.list_id)
    return report


def _told(rows: Iterator[T], tell: Callable[[int], None]) -> Iterator[T]:
    for read, row in enumerate(rows):
        if read % _TOLD_EACH == 0:
            tell(read)
        yield row


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


def loss_of(house: House, db: Connection, source: str) -> Shrunk | None:
    """What speaks against taking the rows staged on this connection as the whole of a source:
    half an export looks like the news that half of the sites are gone.
    """
    gone, stood = vanishing(db, source)
    too_many = gone >= LEAST_VANISHING and gone > house.config.ops.most_shrink * stood
    return Shrunk(gone, stood) if too_many else None


def rules_of(house: House) -> ListRules:
    """What a list may point at: the same policy that guards every connection."""
    crawl = house.config.crawl
    ports = frozenset(crawl.ports) | {80, 443}
    policy = Policy(ports=ports, allowed=networks_of(crawl.allow), denied=networks_of(crawl.deny))
    return ListRules(ports=ports, allows=lambda address: may_connect(address, 80, policy).granted)
