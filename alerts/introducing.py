"""How a message introduces a subject: who it is, what the registers say of it, and by which way
the matter came to us. Who told of it is protected and stays in the store.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.locating import located
from alerts.masking import shown_name, without_name
from crawler.domain.case import CHINA
from crawler.domain.filing import Filing, SubjectKind, uscc_is_consistent
from crawler.domain.lead import Lead
from crawler.domain.site import Site
from crawler.domain.subject import (
    CREDIT_NAMES,
    LicenceState,
    Listed,
    Register,
    Standing,
    credit_of,
    in_force,
    licence_state,
    of_register,
)

BY_FILING, BY_LEAD = "网站备案巡查", "举报线索"
_COUNTS_FOR = timedelta(days=30)  # a filed site's finding owes itself to a lead no older than this
_SHORT = 200
_MOST = 5

NATURES = {
    SubjectKind.ENTERPRISE: "企业",
    SubjectKind.PERSON: "个人",
    SubjectKind.GOVERNMENT: "政府机关",
    SubjectKind.INSTITUTION: "事业单位",
    SubjectKind.ASSOCIATION: "社会团体",
    SubjectKind.LAW_SERVICE: "法律服务机构",
    SubjectKind.MEDICAL: "医疗机构",
    SubjectKind.COLLECTIVE: "农村集体",
    SubjectKind.RELIGIOUS: "宗教团体",
    SubjectKind.FOREIGN: "境外机构",
    SubjectKind.OTHER: "其他",
    SubjectKind.UNKNOWN: "未知",
}


def moment(at: datetime | None) -> str | None:
    """China time to the second, with its offset."""
    return None if at is None else at.astimezone(CHINA).isoformat(timespec="seconds")


def subject_payload(site: Site, filing: Filing | None, standing: Standing) -> dict[str, Any]:
    """The subject as filed, with its credit class and licences beside it (never in the level)."""
    uscc = filing.uscc if filing else ""
    return {
        "name": shown_name(site)[:_SHORT],
        "uscc": uscc,
        "uscc_check": _uscc_check(uscc),
        "kind": str(site.subject_kind),
        "nature": (filing.nature if filing else "") or NATURES[site.subject_kind],
        "reg_region": located(site, filing, standing).region,
        "credit_class": _credit(standing),
        "licensed": _licensed(site, standing),
    }


def clue_source(leads: Sequence[Lead], filing: Filing | None, opened_at: datetime) -> str:
    """Whether a lead or the round over the filed sites brought us here."""
    before = [one.received_at for one in leads if one.received_at <= opened_at]
    if not before:
        return BY_FILING
    fresh = opened_at - max(before) <= _COUNTS_FOR
    return BY_LEAD if filing is None or fresh else BY_FILING


def lead_payloads(leads: Sequence[Lead]) -> list[dict[str, Any]]:
    """The newest leads by channel, number and day; no name, no words, no number of the sender."""
    return [
        {"lead_no": one.id, "channel": one.channel[:_SHORT], "received_at": moment(one.received_at)}
        for one in leads[-_MOST:]
    ]


def _uscc_check(uscc: str) -> str:
    if not uscc:
        return "absent"
    return "ok" if uscc_is_consistent(uscc) else "warn"


def _credit(standing: Standing) -> dict[str, Any] | None:
    line = credit_of(standing)
    if line is None or line.credit is None:
        return None
    return {
        "scheme": "良好/警示/失信/严重失信（A–D）",
        "value": str(line.credit),
        "name": CREDIT_NAMES[line.credit],
        "written": line.credit_written[:_SHORT],
        **_list(line),
    }


def _licensed(site: Site, standing: Standing) -> dict[str, Any]:
    """`matched` is None where no register was there to ask, or several bear the name."""
    state = licence_state(standing)
    known = state in (LicenceState.LICENSED, LicenceState.UNLISTED)
    return {
        "state": str(state),
        "matched": state is LicenceState.LICENSED if known else None,
        "registers": [
            {
                **_list(one),
                "licence_number": without_name(one.licence_number, site)[:_SHORT],
                "authority": one.authority[:_SHORT],
                "in_force": in_force(one),
            }
            for one in of_register(standing, Register.LICENCES)[:_MOST]
        ],
    }


def _list(line: Listed) -> dict[str, Any]:
    return {"source": line.source[:_SHORT], "as_of": line.as_of and line.as_of.isoformat()}
