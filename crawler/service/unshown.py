"""What a visitor sees is in no capture: the plain answer told too little, and no browser got to
it. Such a page is not clean, it is not judged.
"""

from collections.abc import Sequence
from dataclasses import replace

from crawler.domain.assessment import Assessment, left_unjudged, says_nothing
from crawler.domain.capture import Capture, Fetcher
from crawler.domain.site import ended_well, outcome_of
from crawler.reading.render_reasons import OF_THE_PAGE

TOLD_TOO_LITTLE = OF_THE_PAGE | {"learned"}  # by the plain answer
_WHY = "页面要由浏览器打开才看得到内容，{trouble}，未能研判，须人工查看"
_FAILED, _ABSENT = "浏览器未能打开", "这次没有浏览器去看"


def judged_as_shown(
    assessment: Assessment, captures: Sequence[Capture], reason: str, *, drawn_later: bool
) -> Assessment:
    """The assessment, unless it calls quiet what nobody was shown. `reason` is why the browser was
    wanted; where it is `drawn_later`, that is still to come.
    """
    drawn = [one.outcome for one in captures if one.fetcher is Fetcher.BROWSER]
    quiet = says_nothing(assessment) and reason in TOLD_TOO_LITTLE
    if not quiet or any(map(ended_well, drawn)):
        return assessment
    if drawn:
        return unshown(assessment, _FAILED)
    waits = drawn_later or not ended_well(outcome_of(tuple(captures)))
    return assessment if waits else unshown(assessment)


def unshown(assessment: Assessment, trouble: str = _ABSENT) -> Assessment:
    """The same page, not judged; which words it has stays known."""
    why = _WHY.format(trouble=trouble)
    left = left_unjudged(assessment.visit_id, "undrawn", why, assessment.judged_at)
    return replace(left, text_digest=assessment.text_digest)
