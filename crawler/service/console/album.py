"""相册: the first screens of a sweep, or of all sites, to look through at a glance."""

from urllib.parse import urlencode

from starlette.responses import Response

from crawler.domain.assessment import LEVEL_NAMES, Level
from crawler.domain.errors import BadInput
from crawler.service.console.access import READERS, get
from crawler.service.console.calls import Call, cleaned, whole_number
from crawler.store.albums import MOST_NAMED, AlbumWanted, album_of, sweeps_with_pictures
from crawler.store.coverage import MOST_COUNTED, unpictured_count

PAGE_SIZE = 60
_MOST_PAGES = 10_000


def show(call: Call) -> Response:
    """One page of small pictures, gravest first."""
    wanted, page = wanted_of(call)
    with call.house.database.reading() as db:
        found = album_of(db, wanted)
        sweeps = sweeps_with_pictures(db, call.reach)
        without = unpictured_count(db, call.reach)
    return call.page(
        "album.html",
        total=min(found.total, MOST_COUNTED),
        shots=found.shots,
        looked_at=MOST_NAMED if found.cut else 0,
        sweeps=sweeps,
        without=without,
        wanted=wanted,
        page=page,
        more=found.total > MOST_COUNTED,
        pages=max((min(found.total, MOST_COUNTED) + PAGE_SIZE - 1) // PAGE_SIZE, 1),
        address=lambda **changes: _address(call, changes),
        levels=LEVEL_NAMES,
    )


def wanted_of(call: Call) -> tuple[AlbumWanted, int]:
    """What the address asks for, and which page of it."""
    query = call.query
    page, sweep = whole_number(query.get("page", "1"), 5), whole_number(query.get("sweep", "0"), 9)
    level = query.get("level", "")
    if page is None or sweep is None or level not in ("", *Level) or not 1 <= page <= _MOST_PAGES:
        raise BadInput("筛选条件无法使用")
    wanted = AlbumWanted(
        reach=call.reach,
        sweep=sweep,
        level=level,
        words=cleaned(query.get("q", ""))[:100],
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )
    return wanted, page


ROUTES = (get("/album", show, READERS),)


def _address(call: Call, changes: dict[str, object]) -> str:
    kept = [(k, v) for k, v in call.query.multi_items() if k not in changes and k != "page"]
    more = [(key, str(value)) for key, value in changes.items() if value not in ("", None)]
    query = urlencode(kept + more)
    return f"/album?{query}" if query else "/album"
