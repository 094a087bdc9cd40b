"""What an Elasticsearch server can do wrong, in one line that an operator understands."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    ConnectionTimeout,
    SerializationError,
    SSLError,
    TransportError,
    UnsupportedProductError,
)
from elasticsearch import ConnectionError as NoConnection

from crawler.domain.errors import TryLater

# these say something of one document, and will say it again
_OF_THE_DOCUMENT = {
    "document_parsing_exception",
    "mapper_parsing_exception",
    "illegal_argument_exception",
    "parsing_exception",
    "action_request_validation_exception",
}
_LONGEST = 300
# the last of them: an answer of another shape than Elasticsearch gives
_STRANGE = (
    ApiError, TransportError, SerializationError, ValueError, TypeError, KeyError, AttributeError,
)  # fmt: skip


@contextmanager
def told_plainly() -> Iterator[None]:
    """Whatever goes wrong with the server becomes TryLater with its reason."""
    try:
        yield
    except _STRANGE as error:
        raise TryLater(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """One line, in Chinese, without addresses or secrets."""
    match error:
        case UnsupportedProductError():
            return "search.elasticsearch 的地址上应答的不是 Elasticsearch"
        case AuthenticationException():
            return "Elasticsearch 拒绝了用户名或口令（401）"
        case AuthorizationException() if "cluster_block" in str(error):
            return _READ_ONLY
        case AuthorizationException():
            return "Elasticsearch 的这个用户没有所需权限（403）"
        case SSLError():
            return f"与 Elasticsearch 的加密连接不成立，请查证书与 ca_file：{_short(error.message)}"
        case ConnectionTimeout():
            return "Elasticsearch 没有按时答复"
        case NoConnection():
            return "无法连接 Elasticsearch"
        case SerializationError() | ValueError() | TypeError() | KeyError() | AttributeError():
            return "Elasticsearch 的答复无法读懂：该地址上可能是别的程序"
        case ApiError():
            return _told(error.status_code, _type_of(error.body), str(error))
    return f"Elasticsearch 出错：{_short(str(error))}"


def will_never_be_taken(status: int, error: Mapping[str, Any]) -> bool:
    """Whether an item's answer is about the document itself, not the moment or the index."""
    return status == 400 and error.get("type") in _OF_THE_DOCUMENT


def reason_of_item(status: int, error: Mapping[str, Any] | str) -> str:
    """Why one document of a bulk was not taken."""
    if isinstance(error, str):
        return _told(status, "", error)
    deepest = error
    while isinstance(deepest.get("caused_by"), Mapping):
        deepest = deepest["caused_by"]
    told = f"{error.get('type', '')}: {deepest.get('reason', '')}"
    return _told(status, str(error.get("type", "")), told)


_READ_ONLY = "Elasticsearch 的索引只读，多半是磁盘将满：请腾出空间"


def _told(status: int, kind: str, text: str) -> str:
    if "cluster_block" in kind or "cluster_block" in text:
        return _READ_ONLY
    if kind == "strict_dynamic_mapping_exception":
        return "Elasticsearch 中的索引结构与本程序不符，请运行 xunwang index rebuild"
    if kind == "index_not_found_exception":
        return "Elasticsearch 中的索引不见了，请运行 xunwang index rebuild"
    if "media_type_header" in kind or "media_type_header" in text or status == 406:
        return "Elasticsearch 的版本过旧，与客户端 8 不能对话"
    if status == 429:
        return "Elasticsearch 正忙（429）"
    if status in (502, 503, 504):
        return f"Elasticsearch 暂不可用（{status}）"
    return f"Elasticsearch 答复 {status}：{_short(text)}"


def _type_of(body: Any) -> str:
    error = body.get("error") if isinstance(body, Mapping) else None
    return str(error.get("type", "")) if isinstance(error, Mapping) else ""


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
