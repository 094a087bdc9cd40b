"""What one look at a visit came to, before anything of it is written down."""

from dataclasses import dataclass

from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture, PageText
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.family import Mark
from crawler.domain.page import Imprint, PageStructure
from crawler.domain.site import Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """All that is to be recorded of one visit. A value: whoever holds the store writes it down."""

    visit: Visit
    captures: tuple[Capture, ...]  # new ones
    texts: tuple[PageText, ...]
    structure: PageStructure | None = None
    assessment: Assessment | None = None  # None: not judged yet, the reader's turn
    tokens: tuple[str, ...] = ()  # jieba tokens of a page past the sieve
    render_reason: str = ""  # why the browser should look, empty if it need not
    look_reason: str = ""  # why other visitors' views are wanted too
    picture_reason: str = ""  # why the words in the picture are to be read
    imprint: Imprint | None = None  # to be held against the filing
    marks: tuple[Mark, ...] = ()  # by which relatives are found
    discrepancies: tuple[Discrepancy, ...] = ()  # between the views of several visitors
