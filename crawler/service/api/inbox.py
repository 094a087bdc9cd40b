"""Where docked installations deliver, by the same signed messages that any platform gets."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request

from alerts.peering import LARGEST_MESSAGE, signer_of_peer, take_message
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.peer import Incoming, Peer
from crawler.service.api.access import After, Api, Limit, Shared, TaskReader, body_up_to
from crawler.service.api.answering import MESSAGE_HEADERS, headers_of
from crawler.service.api.problems import Problem, responses
from crawler.service.api.shapes import IncomingPage, IncomingShown, IntakeShown
from crawler.service.wiring import peers_of
from crawler.store.inbox import list_incoming

routes = APIRouter(tags=["inbox"])
log = structlog.get_logger()
Body = Annotated[bytes, Depends(body_up_to(LARGEST_MESSAGE))]
_MESSAGE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@routes.post(
    "/inbox",
    responses=responses(400, 401, 403, 408, 413, 422),
    openapi_extra=_MESSAGE | MESSAGE_HEADERS,
)
def take_in(request: Request, api: Shared, body: Body) -> IntakeShown:
    """对接的另一套巡网投递到这里：区级上报的预警和任务，市级下派的任务。重复、乱序无害。"""
    peer, message_id = _signed_by(api, request, body)
    try:
        intake = take_message(api.house.database, peer, message_id, body, api.clock())
    except BadInput as mistake:
        raise Problem(422, "unreadable", str(mistake)) from None
    except NotAllowed as refusal:
        raise Problem(403, "other_region", str(refusal)) from None
    return IntakeShown(intake=intake)


@routes.get("/inbox", responses=responses(401, 403, 422))
def list_in(client: TaskReader, api: Shared, after: After = 0, limit: Limit = 100) -> IncomingPage:
    """对接的各套巡网的预警和任务，按首次收到的次序分页。"""
    with api.house.database.reading() as db:
        found = list_incoming(db, client.reach, after=after, limit=limit, oldest_first=True)
    return IncomingPage(
        incoming=[_shown(one) for one in found], next=found[-1].id if found else after
    )


def _signed_by(api: Api, request: Request, body: bytes) -> tuple[Peer, str]:
    why = "signature：没有配置对接的系统"
    for peer in peers_of(api.house.config):
        try:
            return peer, signer_of_peer(peer).verify(headers_of(request), body, api.clock())
        except (NotAllowed, BadInput) as refusal:
            why = str(refusal)
    log.warning("message refused", action="inbox.refuse", outcome=why.partition("：")[0])
    raise Problem(401, "bad_signature", f"消息不予采信：{why}")


def _shown(one: Incoming) -> IncomingShown:
    return IncomingShown.model_validate(one, from_attributes=True)
