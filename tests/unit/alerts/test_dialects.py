"""Mapping files: checked, so that what a platform must learn is told whatever its names are."""

import contextlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.dialects import SCHEMAS, MappingFile, load_dialect
from alerts.messages import messages_of, sweep_told
from alerts.translating import read_report, translate
from crawler.domain.delivery import Endpoint, EventType
from crawler.domain.dialect import Dates, Dialect, Format, moment_read, moment_written, path_from
from crawler.domain.errors import BadInput
from crawler.domain.site import Sweep, SweepState
from crawler.domain.task import Conclusion, Move
from tests.builders import NOON

EXAMPLES = SCHEMAS / "examples"
TASK = json.loads((EXAMPLES / "task.created.json").read_text("utf-8"))
JSON_FILE, XML_FILE = EXAMPLES / "mapping-json.toml", EXAMPLES / "mapping-xml.toml"
KEPT = 'keep = "all"\n'


def written_to(folder: Path, text: str) -> Path:
    file = folder / "platform.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_published_schema_is_the_one_in_force() -> None:
    published = json.loads((SCHEMAS / "mapping.json").read_text("utf-8"))

    assert {k: v for k, v in published.items() if k != "$id"} == json.loads(
        json.dumps({"$schema": published["$schema"]} | MappingFile.model_json_schema())
    )


@pytest.mark.parametrize("message", ["alert.opened", "task.created", "sweep.finished"])
@pytest.mark.parametrize("mapping", ["json", "xml"])
def test_the_examples_are_what_the_mapping_makes_of_ours(mapping: str, message: str) -> None:
    ours = json.loads((EXAMPLES / f"{message}.json").read_text("utf-8"))

    theirs = translate(load_dialect(EXAMPLES / f"mapping-{mapping}.toml"), ours)

    kept = EXAMPLES / "mapped" / f"{message}.{mapping}"
    if os.environ.get("XUNWANG_WRITE_EXAMPLES"):
        kept.write_bytes(theirs + b"\n")
    assert theirs + b"\n" == kept.read_bytes()


def test_names_codes_and_dates_become_theirs() -> None:
    told = json.loads(translate(load_dialect(JSON_FILE), TASK))

    assert told["head"] == {
        "msgId": TASK["event_id"], "msgKey": TASK["event_key"], "msgType": "TASK_NEW", "seq": 2,
        "sender": "XUNWANG",
        "sendTime": "2026-05-12 12:00:00", "objKey": TASK["subject_key"],
    }  # fmt: skip
    assert told["body"]["rwbh"] == TASK["task"]["task_no"]
    assert told["body"]["fxdj"] == "1"
    assert told["body"]["zbdw"] == TASK["task"]["lead_dept"]
    assert told["body"]["xsc"] == [{"word": "保本保息", "raw": "保·本保息"}]
    assert "evidence" not in told


def test_without_changes_everything_is_told_under_our_names(tmp_path: Path) -> None:
    assert json.loads(translate(load_dialect(written_to(tmp_path, KEPT)), TASK)) == TASK


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param('[fields]\nevent = "e"', "必需字段 event_id", id="loses a required field"),
        pytest.param(KEPT + '[fields]\n"task.nothing" = "x"', "没有字段", id="unknown field"),
        pytest.param(KEPT + '[fields]\n"task.title" = "seq"', "同一处 seq", id="two in one place"),
        pytest.param(KEPT + '[fields]\n"task.title" = "seq.t"', "上级", id="inside another"),
        pytest.param(KEPT + '[fields]\n"hits[].term" = "word"', "数目", id="a list no more"),
        pytest.param(KEPT + '[codes."task.state"]\nsent = "1"', "缺少 drafted", id="code missing"),
        pytest.param(KEPT + '[codes.colour]\nred = "1"', "没有字段 colour", id="codes of nothing"),
        pytest.param(KEPT + '[dates]\nformat = "%H"', "dates", id="no date"),
        pytest.param(KEPT + '[dates]\nzone = "Mars"', "dates", id="no zone"),
        pytest.param(KEPT + '[constants]\nseq = "1"', "已有字段", id="constant over a field"),
        pytest.param('keep = "some"', "keep 有误：不在可用的值之内：'listed'", id="value"),
        pytest.param("fields = 3", "fields 有误：须为一节", id="no table"),
        pytest.param("colour = 1", "colour 有误：没有这一项", id="unknown key"),
        pytest.param("a = 1\n[[[", "不是 TOML：第 2 行第 3 列写法不对", id="no TOML"),
        pytest.param(KEPT + '[fields]\n"a..b" = "x"', "路径", id="no path"),
        pytest.param(KEPT + '[feedback.fields]\nstatus = "s"', "缺少 at", id="no time"),
    ],
)
def test_a_mapping_file_that_would_mislead_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        load_dialect(written_to(tmp_path, text))

    assert "platform.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value).replace("\n ", " ") or "TOML" in says


def test_that_a_warning_is_unverified_cannot_be_mapped_away(tmp_path: Path) -> None:
    text = JSON_FILE.read_text("utf-8").replace('"alert.verified" = "body.hszt"\n', "")

    with pytest.raises(BadInput, match=r"必需字段 alert\.verified"):
        load_dialect(written_to(tmp_path, text))
    # who is told of tasks only needs nothing of alerts
    assert load_dialect(written_to(tmp_path, text), [EventType.TASK_CREATED]).name == "platform"


@pytest.mark.parametrize("name", ["event_key", "subject_key"])
def test_what_tells_repeats_and_order_cannot_be_mapped_away(tmp_path: Path, name: str) -> None:
    lines = JSON_FILE.read_text("utf-8").splitlines()
    text = "\n".join(one for one in lines if not one.startswith(f'"{name}"'))

    with pytest.raises(BadInput, match=f"必需字段 {name}"):
        load_dialect(written_to(tmp_path, text))


def test_an_endpoint_is_told_in_its_own_way_and_others_in_ours() -> None:
    sweep = Sweep(id=3, selection="all", state=SweepState.FINISHED, started_at=NOON,
                  finished_at=NOON, region="310118", sites=2)  # fmt: skip
    plain = Endpoint(name="a", url="http://a/", secret="s")
    mapped = replace(plain, name="b", dialect=load_dialect(XML_FILE))

    ours, theirs = messages_of(sweep_told(sweep, {"seen": 2}), (plain, mapped), NOON, os.urandom)

    assert json.loads(ours.body)["event"] == "sweep.finished"
    assert theirs.body.startswith(b"<?xml")
    assert ours.event_key == theirs.event_key


def test_xml_holds_whatever_a_hostile_page_says() -> None:
    hostile = TASK | {"task": TASK["task"] | {"title": "a\x00b<!DOCTYPE x>&]]>\ud800\uffff"}}

    told = translate(load_dialect(XML_FILE), hostile)

    assert "a\ufffdb&lt;!DOCTYPE x&gt;&amp;]]&gt;\ufffd\ufffd" in told.decode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_telling_never_fails(content: Any) -> None:
    for kind in Format:
        dialect = Dialect(name="d", format=kind, keep_all=True, fields={("a",): ("b", "c")})
        assert translate(dialect, {"a": content, "x": content})


@pytest.mark.parametrize("pattern", ["iso", "epoch", "epoch_ms", "%Y年%m月%d日 %H:%M:%S"])
def test_moments_read_back_as_they_were_written(pattern: str) -> None:
    at = datetime(2026, 5, 12, 23, 59, 58, tzinfo=UTC)

    assert moment_read(moment_written(at, Dates(pattern=pattern)), Dates(pattern=pattern)) == at


JSON_REPORT = {
    "head": {"sj": "2026-05-12 12:00:00"},
    "body": {"zt": "05", "jl": "A", "sm": "已下架"},
}
XML_REPORT = "<fk><zt>05</zt><jl>A</jl><sj>2026-05-12 12:00:00</sj><bz>已下架</bz></fk>"


@pytest.mark.parametrize(
    ("file", "body"),
    [(JSON_FILE, json.dumps(JSON_REPORT).encode()), (XML_FILE, XML_REPORT.encode())],
)
def test_a_report_is_read_in_their_way(file: Path, body: bytes) -> None:
    feedback = read_report(load_dialect(file), "n", body)

    assert (feedback.move, feedback.conclusion) == (Move.ANSWER, Conclusion.RECTIFIED)
    assert (feedback.at, feedback.note) == (NOON, "已下架")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', id="entity"),
        pytest.param("<!DOCTYPE a><a/>".encode("utf-16"), id="another encoding"),
        pytest.param(b"<a>" * 3_000 + b"</a>" * 3_000, id="deep"),
        pytest.param(b"<a>", id="unclosed"),
        pytest.param(b"<a><zt>05</zt></a>", id="no time"),
        pytest.param(b"<a><zt><x>1</x></zt><sj>2026-05-12 12:00:00</sj></a>", id="parts"),
        pytest.param(b"\xff\xfe", id="noise"),
        pytest.param(b"{}", id="json"),
    ],
)
def test_hostile_xml_is_refused_in_one_line(body: bytes) -> None:
    with pytest.raises(BadInput):
        read_report(load_dialect(XML_FILE), "n", body)


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reading(body: bytes) -> None:
    for dialect in (_JSON, _XML):
        with contextlib.suppress(BadInput):
            assert read_report(dialect, "n", body).task_number == "n"


_JSON, _XML = load_dialect(JSON_FILE), load_dialect(XML_FILE)


def test_paths_read_back_as_they_are_written() -> None:
    assert path_from("more_sites[].hits[].term") == ("more_sites", "[]", "hits", "[]", "term")
