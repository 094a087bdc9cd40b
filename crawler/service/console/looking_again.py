"""重新采集: a site is looked at again, now, by the running house; the page tells how it went."""

from datetime import datetime, timedelta

from starlette.responses import HTMLResponse, Response

from crawler.domain.errors import NotAllowed, TryLater
from crawler.domain.recapture import Recapture, RecaptureState
from crawler.domain.site import Site, SiteState
from crawler.service.console.access import DECIDERS, LOOKERS, OPERATORS, get, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.deciding import card_here
from crawler.service.console.keeping import Notice
from crawler.store.recaptures import ask_recapture, recapture_by_id
from crawler.store.site_files import site_file_of

ASKERS = DECIDERS | OPERATORS
TOLD_FOR = timedelta(days=1)


def of_alert(call: Call) -> Response:
    """The site of an alert: the new captures belong to its case."""
    card = card_here(call, call.number("id"))
    return _asked(call, card.site, card.alert.id, f"/alerts/{card.alert.id}")


def of_site(call: Call) -> Response:
    """A site; one with an open alert is looked at for that."""
    domain = str(call.parts["domain"])[:253]
    with call.house.database.reading() as db:
        found = site_file_of(db, domain, call.reach)
    if found is None:
        raise Missing
    return _asked(call, found.site, found.line.alert or 0, f"/sites/{domain}")


def progress(call: Call) -> Response:
    """How one wish stands: a line of a page, asked for until it is over."""
    with call.house.database.reading() as db:
        wish = recapture_by_id(db, call.number("id"), call.reach)
    if wish is None:
        raise Missing
    page = call.console.templates.get_template("recapture.html")
    return HTMLResponse(page.render(wish=wish, now=call.now))


def of_late(wish: Recapture | None, now: datetime) -> Recapture | None:
    """What the page still tells of: under way, or ended not long ago."""
    if wish is None or (wish.ended_at and now - wish.ended_at > TOLD_FOR):
        return None
    return wish


ROUTES = (
    post("/alerts/{id}/recapture", of_alert, DECIDERS),
    post("/sites/{domain}/recapture", of_site, ASKERS),
    get("/recaptures/{id}", progress, LOOKERS),
)


def _asked(call: Call, site: Site, alert_id: int, page: str) -> Response:
    if site.state is not SiteState.WATCHED:
        raise NotAllowed("网站已不在巡查之列（暂停或已从名单退出），不能重新采集")
    try:
        with call.house.database.transaction() as db:
            wish = ask_recapture(db, site, alert_id, call.actor, call.now)
    except TryLater as error:
        return call.go(page, Notice(text=call.console.say(str(error)), bad=True))
    if wish.state is RecaptureState.WAITING and wish.asked_at == call.now:
        return call.go(page)
    return call.go(page, Notice(text=call.console.say("这个网站正在重新采集。")))
