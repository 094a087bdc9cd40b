"""What a platform reports about a task, signed or with a token: the same effect either way."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Header, Path, Request

from alerts.answering import (
    LARGEST_BODY,
    Answered,
    Fault,
    Sender,
    own_id,
    reader_of,
    sender_of,
    take_feedback,
)
from alerts.signing import signer_of
from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.task import TASK_STATE_NAMES, SupervisionTask
from crawler.service.api.access import Api, Shared, TaskAnswerer, body_up_to
from crawler.service.api.problems import Problem, responses
from crawler.service.api.shapes import AnsweredShown, TaskStands

routes = APIRouter(tags=["tasks"])
log = structlog.get_logger()

TaskNumber = Annotated[str, Path(max_length=40, description="任务号")]
Body = Annotated[bytes, Depends(body_up_to(LARGEST_BODY))]
Key = Annotated[
    str, Header(alias="Idempotency-Key", min_length=1, max_length=80, pattern=r"^[!-~]+$")
]
_STATUS = {
    Fault.NO_SUCH_TASK: 404,
    Fault.UNREADABLE: 422,
    Fault.NOT_NOW: 409,
    Fault.REUSED_ID: 409,
}
_BODY_IN_DESCRIPTION = {
    "requestBody": {
        "required": True,
        "description": "任务反馈（/schemas/feedback）；接收端有映射文件的，按其报文格式",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Feedback"}}},
    }
}
MESSAGE_HEADERS = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ]
}


@routes.post(
    "/callbacks/tasks/{number}",
    responses=responses(400, 401, 403, 404, 408, 409, 413, 422),
    openapi_extra=_BODY_IN_DESCRIPTION | MESSAGE_HEADERS,
)
def call_back(number: TaskNumber, request: Request, api: Shared, body: Body) -> AnsweredShown:
    """签收、状态与结果的回调。以投递所用密钥签名（Standard Webhooks）；同一编号只办一次。"""
    endpoint, message_id = _signed_by(api, request, body)
    try:
        sender = sender_of(endpoint)
    except NotAllowed as refusal:
        raise Problem(403, "no_scope", str(refusal)) from None
    return _taken(api, number, body, own_id("e", endpoint.name, message_id), sender)


@routes.post(
    "/tasks/{number}/feedback",
    responses=responses(400, 401, 403, 404, 408, 409, 413, 422),
    openapi_extra=_BODY_IN_DESCRIPTION,
)
def answer(
    client: TaskAnswerer, number: TaskNumber, key: Key, api: Shared, body: Body
) -> AnsweredShown:
    """以令牌反馈任务。以 Idempotency-Key 去重，次序无关。"""
    bound = next((one for one in api.desk().endpoints if one.name == client.endpoint), None)
    sender = Sender(name=client.name, regions=(client.reach,), read=reader_of(bound))
    return _taken(api, number, body, own_id("c", client.name, key), sender)


def _signed_by(api: Api, request: Request, body: bytes) -> tuple[Endpoint, str]:
    """The endpoint with whose key this was signed. Who has none learns only what is wrong."""
    refusals: list[str] = []
    headers = headers_of(request)
    for endpoint in api.desk().endpoints:
        if not endpoint.secret:
            continue
        try:
            return endpoint, signer_of(endpoint).verify(headers, body, api.clock())
        except (NotAllowed, BadInput) as refusal:  # or of no use here: SM3 may be missing
            refusals.append(str(refusal))
    why = refusals[0] if refusals else "signature：没有配置可以验签的接收端"
    log.warning("callback refused", action="callback.refuse", outcome=why.partition("：")[0])
    raise Problem(401, "bad_signature", f"回调不予采信：{why}")


def headers_of(request: Request) -> dict[str, str]:
    """One value a name: a signature header that comes twice is none."""
    given: dict[str, list[str]] = {}
    for name, value in request.headers.raw:
        given.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: values[0] for name, values in given.items() if len(values) == 1}


def _taken(api: Api, number: str, body: bytes, id_: str, sender: Sender) -> AnsweredShown:
    answered = take_feedback(api.house.database, id_, number, body, api.clock(), api.desk(), sender)
    if answered.fault is not None:
        raise Problem(
            _STATUS[answered.fault], str(answered.fault), answered.reason, **_stands(answered)
        )
    assert answered.task is not None
    return AnsweredShown(
        effect=answered.effect, reason=answered.reason, task=standing(answered.task)
    )


def _stands(answered: Answered) -> dict[str, Any]:
    return {"task": standing(answered.task).model_dump()} if answered.task else {}


def standing(task: SupervisionTask) -> TaskStands:
    """Where a task stands, in three fields."""
    return TaskStands(
        task_no=task.number,
        state=str(task.state),
        state_name=TASK_STATE_NAMES[task.state],
        seq=task.seq,
    )
