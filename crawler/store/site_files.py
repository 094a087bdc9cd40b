"""All that is known of one site, for its page and for the terminal: a few queries."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.filing import Filing
from crawler.domain.site import Site
from crawler.store.assessments import assessment_of
from crawler.store.cards import Seen, history
from crawler.store.coverage import SiteLine, site_with_visit
from crawler.store.families import Relative, relatives
from crawler.store.lists import filing_of
from crawler.store.picture_texts import PictureWords, picture_words_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteFile:
    """One site with its last visit. Lists of other sites hold only those within reach."""

    site: Site
    line: SiteLine
    filing: Filing | None = None
    assessment: Assessment | None = None
    captures: tuple[Capture, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    relatives: tuple[Relative, ...] = ()
    picture_words: tuple[PictureWords, ...] = ()
    history: tuple[Seen, ...] = ()


def site_file_of(db: Connection, domain: str, reach: str = "") -> SiteFile | None:
    """The file of a site within reach."""
    last = site_with_visit(db, domain, reach)
    if last is None:
        return None
    line, visit = last.line, last.line.visit_id or 0
    kin = relatives(db, int(line.family), reach) if line.family else []
    return SiteFile(
        site=last.site,
        line=line,
        filing=filing_of(db, domain),
        assessment=assessment_of(db, visit),
        captures=last.captures,
        discrepancies=last.discrepancies,
        relatives=tuple(one for one in kin if one.site_id != last.site.id),
        picture_words=tuple(picture_words_of(db, [visit]).get(visit, ())),
        history=tuple(history(db, last.site.id)),
    )
