"""A sweep with all its parts: crews, recorder, responder, and what moves beside it."""

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from crawler.domain.capture import Fetcher
from crawler.domain.pace import Bounds
from crawler.domain.site import RECAPTURES, Sweep, Visit, VisitState
from crawler.fetching.hosts import read_hosts
from crawler.service.browsing import browsing_crew
from crawler.service.catalogue import Catalogue
from crawler.service.crews import fetching_crews, looking_crew, picture_crew, reading_crew
from crawler.service.forecasting import foretold
from crawler.service.hands import Crew
from crawler.service.moving import Mover
from crawler.service.pacing import Pace
from crawler.service.recording import Recorder
from crawler.service.responding import Responder
from crawler.service.sealing import settle_segments
from crawler.service.straining import strain_of
from crawler.service.sweeping import Sweeping
from crawler.service.turns import ALBUM, Allowance, Turns
from crawler.service.wiring import House, agreement_for, endpoints_of, hosts_of
from crawler.store.agreements import save_agreement
from crawler.store.captures import drawn_since
from crawler.store.efforts import open_account
from crawler.store.evidence import SegmentWriter, is_elsewhere
from crawler.store.robots import forget_robots
from lexicons.loading import load_lexicon
from lexicons.weighing import LevelsInForce

FETCHED = {VisitState.WAITING, VisitState.PATIENT}  # turns that anybody may take


def sweeping_for(
    house: House,
    sweep: Sweep,
    words: Catalogue,
    on_progress: Callable[[Counter[VisitState]], None],
    warn: Callable[[str], None],
    beside: Callable[[], None] | None = None,
    *,
    joins: bool = False,
) -> Sweeping:
    """Ready to run. A missing browser is said here, before the first page. `beside` moves what
    waits meanwhile; without one, deliveries and the index are moved. `joins`: another machine
    started the sweep.
    """
    read_hosts(hosts_of(house.config))  # said here in one line, not by each child that dies of it
    settle(house)
    if not joins:
        _agree(house, sweep)
        _foresee(house, sweep)
        _forget(house)
    run = f"{int(time.time()):x}-{os.getpid()}-{house.mark}"
    crews = [*fetching_crews(house, run), reading_crew(house, run)]
    if house.config.crawl.looks == "suspicious" or sweep.selection.startswith(RECAPTURES):
        crews.append(looking_crew(house, run))
    if sweep.render and house.config.browser.enabled:
        crew, trouble = browsing_crew(house, run)
        if crew is not None:
            crews.append(crew)
            crews += _picture_crews(house, run, words, warn)
        else:
            warn(words.say("sweep.no_browser", reason=trouble))
    responder = Responder(
        endpoints=endpoints_of(house.config), categories=load_lexicon(house.lexicon).categories
    )
    served = {crew.state for crew in crews}
    lease = timedelta(seconds=house.config.crawl.lease_s)
    recorder = Recorder(
        database=house.database,
        writer=SegmentWriter(house.evidence, f"{run}-parent", datetime.now(UTC)),
        chain=house.owner,
        owner=house.owner,
        stays=frozenset(served - FETCHED) if house.database.is_shared else frozenset(),
        lease=lease,
        answer=responder.respond_to_each,
        level_of=LevelsInForce(house.lexicon).level,
        turns=Turns(
            # where this machine only joins, another one draws
            renders=VisitState.RENDERING in served or (joins and sweep.render),
            patient=house.config.crawl.patient,
            looks=VisitState.COMPARING in served,
            pictures=VisitState.DECIPHERING in served,
            album=Allowance(_album_left(house)),
            always="recapture" if sweep.selection.startswith(RECAPTURES) else "",
        ),
    )
    return Sweeping(
        sweep=sweep,
        database=house.database,
        recorder=recorder,
        crews=tuple(crews),
        owner=house.owner,
        region=house.config.region,
        pace=_pace(house),
        on_progress=on_progress,
        on_notice=warn,
        beside=beside or Mover(house).move,
        settle=lambda: settle(house, recorder.writer),
        is_lost=lambda visit: is_lost(house, visit),
        joins=joins,
        lease=lease,
    )


def is_lost(house: House, visit: Visit) -> bool:
    """Whether what was last fetched of it lies on another machine only."""
    fetched = [one for one in visit.captures if one.fetcher is Fetcher.HTTP]
    if not fetched or not fetched[-1].text_digest:
        return False
    return any(
        is_elsewhere(one.segment, house.mark) and not (house.evidence / one.segment).exists()
        for one in fetched[-1].evidence
    )


def _agree(house: House, sweep: Sweep) -> None:
    """What machines that join must have too."""
    if house.database.is_shared:
        with house.database.transaction() as db:
            now = datetime.now(UTC)
            save_agreement(db, sweep, agreement_for(house), owner=house.owner, now=now)


def _foresee(house: House, sweep: Sweep) -> None:
    """What this sweep should take, written down before its first page."""
    with house.database.transaction() as db:
        effort, measured = foretold(db, sweep.sites)
        open_account(db, sweep, effort, house.config.region, measured=measured)


def _forget(house: House) -> None:
    """Answers of sites to robots.txt that are a week old."""
    with house.database.transaction() as db:
        forget_robots(db, datetime.now(UTC))


def _pace(house: House) -> Pace:
    crawl, browser = house.config.crawl, house.config.browser
    return Pace(
        slots=Bounds(least=min(crawl.least_slots, crawl.slots), most=crawl.slots),
        pages=Bounds(least=min(browser.least_pages, browser.pages), most=browser.pages),
        strain=strain_of,
        moves=crawl.adjusts,
    )


def settle(house: House, writer: SegmentWriter | None = None) -> None:
    """Seal what nobody writes any more; the parent's own segment is among it at the end."""
    if writer is not None:
        writer.close()
    now, region = datetime.now(UTC), house.config.region
    settle_segments(house.database, house.evidence, now, region, house.mark)


def _picture_crews(
    house: House, run: str, words: Catalogue, warn: Callable[[str], None]
) -> list[Crew]:
    """Who reads the words in pictures; nobody, said once, where the extra is not installed."""
    crew = picture_crew(house, run)
    if crew is None:
        warn(words.say("sweep.no_ocr"))
    return [crew] if crew is not None else []


def _album_left(house: House) -> int:
    """What the last day has left of the pages that are drawn only to have a picture of each."""
    day_ago = datetime.now(UTC) - timedelta(days=1)
    with house.database.reading() as db:
        return max(0, house.config.browser.album - drawn_since(db, ALBUM, day_ago))
