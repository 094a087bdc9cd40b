"""What a message says of a page: whose it claims to be, what was found in it, word by word in its
surroundings. Whoever is named or reached in them is masked.
"""

from typing import Any

from alerts.findings import Finding
from alerts.masking import without_name
from crawler.domain.capture import Capture, HopKind
from crawler.domain.discrepancy import DISCREPANCY_NAMES, DiscrepancyKind
from crawler.domain.filing import main_licence_of
from crawler.domain.lexicon import Hit
from crawler.domain.personal import hidden_persons

_MOST_HITS = 20
_SHORT = 200
_AROUND = 30  # characters of a page before and after what was found
_DISAGREES = {
    DiscrepancyKind.NUMBER_BORROWED: "other_subject",
    DiscrepancyKind.NUMBER_CANCELLED: "cancelled",
    DiscrepancyKind.NUMBER_OTHER: "not_in_list",
    DiscrepancyKind.NUMBER_MISSING: "absent",
}


def site_described(finding: Finding) -> dict[str, Any]:
    """The site as filed, and as its page signs itself."""
    site, filing, structure = finding.site, finding.filing, finding.structure
    last = finding.captures[-1] if finding.captures else None
    return {
        "domain": site.domain_shown,
        "domain_puny": site.domain,
        "site_name": without_name(site.site_name, site)[:_SHORT],
        "home_url": _address(site.home_url),
        "final_url": _address(last.final_url if last else site.final_url),
        "page_title": without_name(last.title if last else "", site)[:_SHORT],
        "main_licence": site.main_licence,
        "service_licence": site.service_licence,
        "approved_on": filing.approved_on.isoformat() if filing and filing.approved_on else None,
        "pre_approval": [one[:_SHORT] for one in filing.pre_approval] if filing else [],
        "restricted": filing.restricted if filing else None,
        "footer_icp": structure.filing_numbers[0] if structure and structure.filing_numbers else "",
        "footer_icp_match": _match(finding),
        "police_no": structure.police_numbers[0] if structure and structure.police_numbers else "",
        "discrepancies": [
            {
                "kind": str(one.kind),
                "name": DISCREPANCY_NAMES[one.kind],
                "text": without_name(one.text, site)[:_SHORT],
            }
            for one in finding.discrepancies
        ],
        "ip": _peer(last) if last else "",
    }


def _peer(capture: Capture) -> str:
    """Where the page itself came from."""
    way = [hop.peer for hop in capture.hops if hop.kind is not HopKind.SIBLING]
    return way[-1] if way else ""


def hits_described(finding: Finding) -> list[dict[str, Any]]:
    """Each word once, the heaviest first: a page of 5,000 hits is told by its words."""
    hits = finding.assessment.hits
    once = {(hit.category, hit.word): hit for hit in reversed(hits)}
    strongest = sorted(once.values(), key=lambda hit: -hit.weight)[:_MOST_HITS]
    return [
        {
            "category": hit.category,
            "term": hit.word,
            "raw": hit.raw[:_SHORT],
            "obfuscated": hit.obfuscated,
            "source": hit.field,
            "snippet": _snippet(finding, hit),
        }
        for hit in strongest
    ]


def _match(finding: Finding) -> str:
    """What the number on the page is to the filing; unknown where nobody could compare them."""
    for one in finding.discrepancies:
        if one.kind in _DISAGREES:
            return _DISAGREES[one.kind]
    numbers = finding.structure.filing_numbers if finding.structure else ()
    own = finding.site.main_licence
    return "match" if own in {main_licence_of(one) for one in numbers} else "unknown"


def _snippet(finding: Finding, hit: Hit) -> str:
    """The word in its surroundings; empty where the text is gone or is another by now."""
    whole = finding.text.field(hit.field) if finding.text else ""
    if whole[hit.start : hit.end] != hit.raw:
        return ""
    first = max(0, hit.start - _AROUND)
    room = max(0, first - _AROUND)  # a number that begins before the piece is hidden with it
    veiled = without_name(hidden_persons(whole[room : hit.end + 2 * _AROUND]), finding.site)
    return " ".join(veiled[first - room : hit.end + _AROUND - room].split())[:_SHORT]


def _address(url: str | None) -> str | None:
    return url[:1_000] if url else None
