"""网站: the ledger, site by site, and one site with all that is known of it."""

from urllib.parse import urlencode

from starlette.responses import Response

from crawler.domain.assessment import LEVEL_NAMES, Level
from crawler.domain.capture import Capture, EvidenceKind, Outcome
from crawler.domain.discrepancy import DISCREPANCY_NAMES, DiscrepancyKind
from crawler.domain.errors import BadInput
from crawler.domain.family import MARK_NAMES
from crawler.domain.filing import SubjectKind, masked
from crawler.domain.site import SiteState
from crawler.service.console.access import LOOKERS, READERS, get
from crawler.service.console.calls import Call, Missing, cleaned, whole_number
from crawler.service.console.evidence import picture_in
from crawler.service.console.looking_again import ASKERS, of_late
from crawler.store.coverage import (
    MOST_COUNTED,
    LedgerWanted,
    is_bounded,
    ledger_page,
    unpictured_count,
)
from crawler.store.recaptures import last_recapture
from crawler.store.site_files import site_file_of

PAGE_SIZE = 50
_MOST_PAGES = 10_000


def show(call: Call) -> Response:
    """The list. Unknown values of closed lists are refused, not ignored."""
    wanted, page = wanted_of(call)
    with call.house.database.reading() as db:
        total, lines = ledger_page(db, wanted)
        without = unpictured_count(db, call.reach)
    more = is_bounded(wanted) and total > MOST_COUNTED
    total = MOST_COUNTED if more else total
    return call.page(
        "sites.html",
        total=total,
        lines=lines,
        wanted=wanted,
        without=without,
        page=page,
        more=more,
        pages=max((total + PAGE_SIZE - 1) // PAGE_SIZE, 1),
        address=lambda **changes: _address(call, changes),
        outcomes=("waiting", *(str(one) for one in Outcome)),
        levels=LEVEL_NAMES,
        findings=DISCREPANCY_NAMES,
        may_look=call.may(READERS),
    )


def show_one(call: Call) -> Response:
    """One site: filing, last visit, findings, relatives, pictures, history."""
    domain = str(call.parts["domain"])[:253]
    with call.house.database.reading() as db:
        found = site_file_of(db, domain, call.reach)
        again = last_recapture(db, found.site.id) if found else None
    if found is None:
        raise Missing
    return call.page(
        "site.html",
        found=found,
        line=found.line,
        shots=[(one, "screen") for one in found.captures if _has_picture(one)],
        may_look=call.may(READERS),
        may_ask=call.may(ASKERS) and found.site.state is SiteState.WATCHED,
        again=of_late(again, call.now),
        finding_names=DISCREPANCY_NAMES,
        mark_names=MARK_NAMES,
        shown_unit=lambda one: (
            masked(one.unit_name) if one.subject_kind == SubjectKind.PERSON else one.unit_name
        ),
    )


def wanted_of(call: Call) -> tuple[LedgerWanted, int]:
    """What the address asks for, and which page of it."""
    query = call.query
    outcome, level = query.get("outcome", ""), query.get("level", "")
    finding = query.get("finding", "")
    known = (
        outcome in ("", "waiting", *Outcome)
        and level in ("", *Level)
        and finding in ("", *DiscrepancyKind)
    )
    page, family = (
        whole_number(query.get("page", "1"), 5),
        whole_number(query.get("family", "0"), 9),
    )
    if not known or page is None or family is None or not 1 <= page <= _MOST_PAGES:
        raise BadInput("筛选条件无法使用")
    wanted = LedgerWanted(
        reach=call.reach,
        words=cleaned(query.get("q", ""))[:100],
        outcome=outcome,
        level=level,
        finding=finding,
        family=family,
        unpictured=query.get("unpictured") == "1",
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )
    return wanted, page


ROUTES = (get("/sites", show, LOOKERS), get("/sites/{domain}", show_one, LOOKERS))


def _has_picture(capture: Capture) -> bool:
    return picture_in(capture, EvidenceKind.PICTURE) is not None


def _address(call: Call, changes: dict[str, object]) -> str:
    kept = [(k, v) for k, v in call.query.multi_items() if k not in changes and k != "page"]
    more = [(key, str(value)) for key, value in changes.items() if value not in ("", None)]
    query = urlencode(kept + more)
    return f"/sites?{query}" if query else "/sites"
