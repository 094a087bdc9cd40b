"""What two generations of an index make of one bulk, and what a server's answer means."""

import pytest

from indexer.elastic_bulk import taken_by_both
from indexer.elastic_faults import reason_of_item, will_never_be_taken
from indexer.engines import Refused, Taken


def test_a_text_is_in_if_both_took_it() -> None:
    one = Taken(done=("a", "b", "c"), waiting_because="")
    other = Taken(done=("a", "c", "d"), refused=(Refused(digest="c", reason="太大"),))

    both = taken_by_both(one, other)

    assert both.done == ("a",)
    assert both.refused == other.refused


@pytest.mark.parametrize("turned", [False, True])
def test_what_either_waits_for_is_told(turned: bool) -> None:
    waits, fine = Taken(waiting_because="正忙"), Taken(done=("a",))
    pair = (fine, waits) if turned else (waits, fine)

    assert taken_by_both(*pair).waiting_because == "正忙"


@pytest.mark.parametrize(
    ("status", "kind", "never"),
    [
        (400, "mapper_parsing_exception", True),
        (400, "document_parsing_exception", True),
        (400, "illegal_argument_exception", True),
        (400, "strict_dynamic_mapping_exception", False),  # of the index, which a rebuild mends
        (429, "es_rejected_execution_exception", False),
        (403, "cluster_block_exception", False),
        (500, "mapper_parsing_exception", False),
        (404, "index_not_found_exception", False),
    ],
)
def test_only_what_is_said_of_the_text_itself_is_for_good(
    status: int, kind: str, never: bool
) -> None:
    assert will_never_be_taken(status, {"type": kind}) is never


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (403, {"type": "cluster_block_exception"}, "只读"),
        (400, {"type": "strict_dynamic_mapping_exception"}, "index rebuild"),
        (404, {"type": "index_not_found_exception"}, "不见了"),
        (429, {"type": "x"}, "正忙"),
        (503, {"type": "x"}, "暂不可用（503）"),
        (406, {"type": "media_type_header_exception"}, "版本过旧"),
        (500, "a plain line\nand another", "答复 500：a plain line and another"),
        (400, {"type": "a", "caused_by": {"reason": "b", "caused_by": {"reason": "deep"}}}, "deep"),
    ],
)
def test_a_reason_is_one_line_for_operations(
    status: int, error: dict[str, object] | str, told: str
) -> None:
    reason = reason_of_item(status, error)

    assert told in reason
    assert "\n" not in reason
