"""An officer with a keyboard and nothing else decides cases of the demo in a real Chromium:
`python -m tests.bench.deciding [HOME] [CASES]`, after `make demo`.

The house is copied first, so the demo stays as it is. Whoever has a case before them knows what is
true of it, as an officer would after reading: what is risky is confirmed, a whole family at once;
below 红 the sheet is opened first and read; what is harmless is dismissed with a reason. Printed
are the keys a case and, from the rate of the demo's list, what a district's day comes to.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import func, select

from crawler.domain.user import Role
from crawler.service.wiring import House, open_house
from crawler.store.tables import alerts, captures, sites
from tests.integration.console_house import PASSWORD, Clock, Served, served
from tests.site.truth import Expected, truth

CHROMIUM = "/usr/bin/chromium-headless-shell"
MOST_KEYS, MOST_MINUTES = 4, 10.0
SECONDS_A_CASE, DISTRICT = 10, 40_000
# of 164,081 filed sites 3,096 were new and 3,493 changed in one month (Anhui, August 2024)
TOUCHED_A_DAY = (3_096 + 3_493) / 164_081 / 30


@dataclass(frozen=True, kw_only=True)
class Day:
    """What the rate of one list makes of a district's day."""

    seen: int  # sites of the list that showed a page
    cases: int  # that came of them

    @property
    def rate(self) -> float:
        return self.cases / self.seen if self.seen else 0.0

    @property
    def cases_a_day(self) -> float:
        """Of the sites that are new or changed; what was decided before asks nobody again."""
        return DISTRICT * TOUCHED_A_DAY * self.rate

    @property
    def minutes_a_day(self) -> float:
        return self.cases_a_day * SECONDS_A_CASE / 60

    @property
    def first_pass_hours(self) -> float:
        """Once, when all of them are new."""
        return DISTRICT * self.rate * SECONDS_A_CASE / 3600

    def lines(self) -> list[str]:
        held = "held" if self.minutes_a_day <= MOST_MINUTES else "MISSED"
        return [
            f"list: {self.cases} cases of {self.seen} sites with a page ({self.rate:.0%}: far more "
            "than any real list has)",
            f"a district of {DISTRICT:,}: {DISTRICT * TOUCHED_A_DAY:.0f} new or changed sites a "
            f"day (4.0 % a month), {self.cases_a_day:.1f} cases, {self.minutes_a_day:.1f} minutes "
            f"at {SECONDS_A_CASE} s a case (goal {MOST_MINUTES:g}: {held})",
            f"the first pass at this rate, once: {self.first_pass_hours:.0f} hours; at 0.3–1 %, as "
            f"expected of real lists: {DISTRICT * 0.003 * SECONDS_A_CASE / 60:.0f}–"
            f"{DISTRICT * 0.01 * SECONDS_A_CASE / 60:.0f} minutes",
        ]


class Officer:
    """Signs in and decides what lies before them, by the truth."""

    def __init__(self, page: Page, port: int, known: Mapping[str, Expected]) -> None:
        self.page, self.known = page, known
        self.keys: list[int] = []
        self.seconds: list[float] = []
        self.did: Counter[str] = Counter()
        self._pressed = 0
        page.goto(f"http://127.0.0.1:{port}/sign-in")
        page.wait_for_function("document.activeElement.name === 'name'")
        page.keyboard.type("bench")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/today")

    def decide_up_to(self, cases: int) -> None:
        """Case after case, until so many are decided or none is left."""
        while len(self.keys) < cases and self.page.locator("#now").count():
            began, self._pressed = time.perf_counter(), 0
            before = self.page.locator("#now header .domain").first.inner_text()
            self._decide(before)
            self.page.wait_for_function(
                "before => { const now = document.querySelector('#now header .domain');"
                " return document.querySelector('#told .note') && "
                "(!now || now.innerText !== before) }",
                arg=before,
            )
            self.keys.append(self._pressed)
            self.seconds.append(time.perf_counter() - began)

    def _decide(self, domain: str) -> None:
        now = self.page.locator("#now")
        true = self.known.get(domain)
        if true is not None and not true.risky:
            self.did["dismissed"] += 1
            self._press("d", "2")
        elif now.locator("[data-key='C']").count():
            self.did["whole family confirmed"] += 1
            self._press("Shift+C")
        elif not now.locator("header .lv.red").count():
            self.did["read, then confirmed"] += 1
            self._press("Enter")
            self.page.wait_for_url("**/alerts/*")
            self._press("Escape")
            self.page.wait_for_url("**/today?case=*")
            self._press("c")
        else:
            self.did["confirmed"] += 1
            self._press("c")

    def _press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self._pressed += 1


def day_of(house: House) -> Day:
    """Sites that showed a page, and the cases of them."""
    with house.database.reading() as db:
        good = select(captures.c.site_id).where(captures.c.outcome.in_(("seen", "partial")))
        seen = select(func.count()).select_from(sites).where(sites.c.id.in_(good))
        cases = select(func.count(alerts.c.case_id.distinct()))
        return Day(seen=db.scalar(seen) or 0, cases=db.scalar(cases) or 0)


def decided(house: House, cases: int, known: Mapping[str, Expected]) -> Officer:
    """An officer of the whole region at work in a served console."""
    with house.database.reading() as db:
        newest = db.scalar(select(func.max(alerts.c.last_seen_at)))
    assert newest is not None, "no alert in this house"
    with served(house, Clock(newest + timedelta(minutes=1))) as port, sync_playwright() as engine:
        region = house.config.region
        Served(house=house, port=port).account("bench", Role.OFFICER, region=region)
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(30_000)
            officer = Officer(context.new_page(), port, known)
            officer.decide_up_to(cases)
        finally:
            browser.close()
    return officer


def main() -> None:
    home = Path(sys.argv[1] if len(sys.argv) > 1 else "var/demo")
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    if not (home / "xunwang.db").exists():
        sys.exit(f"no house in {home}: run `make demo` first")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(home, copy := Path(folder) / "home", symlinks=True)
        house = open_house(copy)
        try:
            day, officer = day_of(house), decided(house, cases, truth())
        finally:
            house.database.close()
    median = statistics.median(officer.keys)
    verdict = "held" if median <= MOST_KEYS and len(officer.keys) >= cases else "MISSED"
    did = ", ".join(f"{what} {count}" for what, count in sorted(officer.did.items()))
    print(f"{len(officer.keys)} of {cases} cases decided by keyboard: {did}")
    print(
        f"keys a case: median {median:g}, most {max(officer.keys)} (goal ≤ {MOST_KEYS}: {verdict});"
        f" page and server {statistics.median(officer.seconds):.2f} s a case"
    )
    print(*day.lines(), sep="\n")


if __name__ == "__main__":
    main()
