"""One site of a case with all that a message may say of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.domain.alert import Alert
from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture, PageText
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.filing import Filing
from crawler.domain.lead import Lead
from crawler.domain.page import PageStructure
from crawler.domain.site import Site
from crawler.domain.subject import NOBODY_ASKED, Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was found, where, and what filing, registers and leads say of it."""

    alert: Alert
    site: Site
    assessment: Assessment
    captures: tuple[Capture, ...] = ()
    filing: Filing | None = None
    manifests: Mapping[str, str] = field(default_factory=dict)  # capture id → digest
    standing: Standing = NOBODY_ASKED
    leads: tuple[Lead, ...] = ()  # what was told of the site, oldest first
    text: PageText | None = None  # that the hits point into
    structure: PageStructure | None = None  # of a page that was read closely
    discrepancies: tuple[Discrepancy, ...] = ()  # of the page with its filing
