"""举报线索 in by program, and what became of each: nothing of who told comes back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crawler.domain.case import CHINA
from crawler.domain.errors import wrong_with
from crawler.domain.lead import LEAD_STATE_NAMES, LONGEST_NAME, LONGEST_WORDS
from crawler.reading.lead_list import place_of
from crawler.service.api.access import Api, LeadReader, LeadWriter, Number, Shared, body_up_to
from crawler.service.api.problems import Problem, responses
from crawler.service.importing import rules_of
from crawler.service.leading import Complaint, Standing, standing_of, take_lead
from crawler.store.leads import lead_of, mark_visited

routes = APIRouter(tags=["leads"])

LARGEST_LEAD = 64 << 10
_WHOLE = "00"


class LeadGiven(BaseModel):
    """One complaint."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    url: str = Field(min_length=1, max_length=2_000, description="被举报的网址")
    channel: str = Field(min_length=1, max_length=LONGEST_NAME, description="渠道，如 12345")
    reference: str = Field(
        "", max_length=LONGEST_NAME, description="来件编号：同渠道同编号只收一次"
    )
    words: str = Field("", max_length=LONGEST_WORDS, description="举报内容")
    reporter: str = Field("", max_length=LONGEST_NAME, description="举报人，受保护")
    told_at: datetime | None = Field(None, description="举报时间；没有时区的按北京时间")


class LeadShown(BaseModel):
    """Where a lead stands."""

    id: int
    url: str
    domain: str = Field(description="归到的网站")
    joined: bool = Field(description="是否并入备案网站")
    reference: str
    state: str
    state_name: str
    told: str = Field(description="可以告诉举报人的话")
    repeated: bool = Field(False, description="这个来件编号此前已收过")


_GIVEN = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": LeadGiven.model_json_schema()}},
    }
}
Body = Annotated[bytes, Depends(body_up_to(LARGEST_LEAD))]


@routes.post(
    "/leads",
    responses=responses(400, 401, 403, 408, 409, 413, 422),
    openapi_extra=_GIVEN,
)
def take(client: LeadWriter, api: Shared, body: Body) -> LeadShown:
    """送来一条举报线索；所涉网站随即采集。"""
    given = _given(body)
    told_at = given.told_at
    if told_at is not None and told_at.tzinfo is None:
        told_at = told_at.replace(tzinfo=CHINA)
    complaint = Complaint(
        place=place_of(given.url, rules_of(api.house)), channel=given.channel, words=given.words,
        reporter=given.reporter, reference=given.reference, told_at=told_at,
        region=_region(api, client.region),
    )  # fmt: skip
    lead, fresh = take_lead(api.house, complaint, client.name, api.clock())
    if not lead.region.startswith(client.reach) and not fresh:
        raise Problem(409, "reused_reference", "这个来件编号已由其他辖区送过这个网站，请另用编号。")
    if not lead.region.startswith(client.reach):
        raise Problem(403, "no_scope", "这个网站不在令牌的辖区，线索已转所属辖区。")
    with api.house.database.reading() as db:
        return _shown(standing_of(db, lead), repeated=not fresh)


@routes.get("/leads/{number}", responses=responses(401, 403, 404, 422))
def show(client: LeadReader, number: Number, api: Shared) -> LeadShown:
    """一条举报线索的处理情况。"""
    with api.house.database.transaction() as db:
        mark_visited(db)
        lead = lead_of(db, number, client.reach) if 0 < number < 2**53 else None
        if lead is None:
            raise Problem(404, "no_such_lead", f"没有编号为 {number} 的举报线索")
        return _shown(standing_of(db, lead))


def _given(body: bytes) -> LeadGiven:
    try:
        return LeadGiven.model_validate_json(body)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:60] or "正文"
        raise Problem(422, "unreadable", f"{where} 无法使用：{wrong_with(first)}") from None


def _region(api: Api, region: str) -> str:
    """The caller's own, where that says more than the installation's."""
    return region if not region.endswith(_WHOLE) else api.house.config.region


def _shown(standing: Standing, *, repeated: bool = False) -> LeadShown:
    lead = standing.lead
    return LeadShown(
        id=lead.id, url=lead.url, domain=lead.domain, joined=lead.joined,
        reference=lead.reference, state=str(lead.state), state_name=LEAD_STATE_NAMES[lead.state],
        told=standing.told, repeated=repeated,
    )  # fmt: skip
