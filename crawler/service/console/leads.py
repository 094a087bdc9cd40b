"""举报: what came in from outside the lists, how far each is, and its answer."""

import unicodedata

from starlette.responses import Response

from crawler.domain.lead import LEAD_STATE_NAMES, LeadState
from crawler.domain.region import names_a_district
from crawler.reading.lead_list import moment_of, place_of
from crawler.service.console.access import DECIDERS, READERS, get, post
from crawler.service.console.calls import Call
from crawler.service.console.keeping import Notice
from crawler.service.importing import rules_of
from crawler.service.leading import Complaint, answer_lead, standings_of, take_lead
from crawler.store.leads import list_leads

MOST = 200


def show(call: Call) -> Response:
    """The newest within reach; who told is for those who decide."""
    with call.house.database.reading() as db:
        rows = standings_of(db, list_leads(db, call.reach, limit=MOST))
    return call.page(
        "leads.html",
        rows=rows,
        states=LEAD_STATE_NAMES,
        received=LeadState.RECEIVED,
        answered=LeadState.ANSWERED,
        may_decide=call.may(DECIDERS),
    )


def take(call: Call) -> Response:
    """One, typed in; a running service visits it within seconds."""
    given = Complaint(
        place=place_of(call.field("url"), rules_of(call.house)),
        channel=call.field("channel", 101),
        words=call.field("words", 2_001),
        reporter=call.field("reporter", 101),
        reference=call.field("reference", 101),
        told_at=moment_of(unicodedata.normalize("NFKC", call.field("told", 40)).replace("T", " ")),
        region=call.user.region if names_a_district(call.user.region) else "",
    )
    lead, fresh = take_lead(call.house, given, call.actor, call.now)
    if not fresh:
        said = call.console.say("这个来件编号举报的这个网站已收过，为举报线索 {n}。", n=lead.id)
        return call.go("/leads", Notice(text=said, bad=True))
    where = "已收下举报线索 {n}，{domain} 随即采集。"
    if lead.joined:
        where = "已收下举报线索 {n}，并入备案网站 {domain}，随即采集。"
    return call.go("/leads", Notice(text=call.console.say(where, n=lead.id, domain=lead.domain)))


def answer(call: Call) -> Response:
    """Give the answer, once."""
    text = call.field("text", 2_000)
    lead = answer_lead(call.house, call.number("id"), text, call.actor, call.now, reach=call.reach)
    said = call.console.say("举报线索 {n} 已答复。", n=lead.id)
    return call.go("/leads", Notice(text=said))


ROUTES = (
    get("/leads", show, READERS),
    post("/leads", take, DECIDERS),
    post("/leads/{id}/answer", answer, DECIDERS),
)
