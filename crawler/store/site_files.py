"""All that is known of one site, for its page and for the terminal: a few queries."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.filing import Filing
from crawler.domain.site import Site
from crawler.store.assessments import assessment_of
from crawler.store.captures import captures_of_visit
from crawler.store.cards import Seen, history
from crawler.store.coverage import SiteLine, line_of
from crawler.store.discrepancies import discrepancies_of
from crawler.store.families import Relative, relatives
from crawler.store.lists import filing_of
from crawler.store.picture_texts import PictureWords, picture_words_of
from crawler.store.sites import site_of_domain


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
    site, line = site_of_domain(db, domain), line_of(db, domain, reach)
    if site is None or line is None:
        return None
    visit = line.visit_id or 0
    kin = relatives(db, int(line.family), reach) if line.family else []
    return SiteFile(
        site=site,
        line=line,
        filing=filing_of(db, domain),
        assessment=assessment_of(db, visit),
        captures=tuple(captures_of_visit(db, visit)),
        discrepancies=tuple(discrepancies_of(db, [visit]).get(visit, ())),
        relatives=tuple(one for one in kin if one.site_id != site.id),
        picture_words=tuple(picture_words_of(db, [visit]).get(visit, ())),
        history=tuple(history(db, site.id)),
    )
