"""What leaves the house: subscribed, keyed, bounded, and exactly as the published schema says."""

import json
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from alerts.calendars import load_calendar
from alerts.dispatching import dispatch, load_departments
from alerts.findings import Finding
from alerts.messages import (
    Occasion,
    alert_told,
    coverage_told,
    event_key,
    goes_unasked,
    messages_of,
    sweep_told,
    task_told,
)
from alerts.supervising import open_task, sent
from crawler.domain.alert import AlertState, Decision, Review
from crawler.domain.assessment import Level, Reason, Side, Yield
from crawler.domain.capture import Evidence, EvidenceKind
from crawler.domain.case import Case
from crawler.domain.delivery import Endpoint, EventType
from crawler.domain.filing import SubjectKind
from crawler.domain.lead import Lead
from crawler.domain.lexicon import Category, Hit
from crawler.domain.site import Sweep, SweepState
from crawler.domain.subject import CreditClass, Listed, Register, Standing
from crawler.domain.task import SupervisionTask
from tests.builders import NOON, a_capture, a_filing, a_hop, a_site, an_alert, an_assessment

SCHEMAS = Path(__file__).parents[3] / "alerts" / "schemas"
MESSAGE = json.loads((SCHEMAS / "message.json").read_text("utf-8"))
FEEDBACK = json.loads((SCHEMAS / "feedback.json").read_text("utf-8"))
CATEGORIES = {
    "yield_promise": Category(
        id="yield_promise", name="承诺高收益", severity=4, report_class="民间投融资中介机构"
    )
}
CASE = Case(
    id=1, number="310118-JR-20260512-000001", key="k", title="某某公司：疑似承诺保本高收益",
    category="yield_promise", level=Level.RED, region="310118", opened_at=NOON,
)  # fmt: skip


def strict(schema: Any) -> Any:
    """The published schema, but nothing that it does not name may stand in a message."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed


def a_finding(**given: Any) -> Finding:
    capture = a_capture(
        title="某某财富",
        hops=(a_hop(peer="127.0.0.2:80"),),
        evidence=(
            Evidence(kind=EvidenceKind.RESPONSE, segment="s", offset=0, length=9, sha256="a" * 64),
            Evidence(kind=EvidenceKind.PICTURE, segment="s", offset=9, length=9, sha256="b" * 64),
        ),
    )
    defaults: dict[str, Any] = {
        "alert": an_alert(),
        "site": a_site(id=1, unit_name="某某财富管理有限公司", home_url="http://a.example.cn/"),
        "assessment": an_assessment(
            categories=("yield_promise",),
            hits=(Hit(word="保本保息", category="principal_guarantee", weight=4.0, field="body",
                      start=0, end=5, raw="保·本保息", obfuscated=True),),
            yields=(Yield(raw="年化15.8%", annual_low=15.8, annual_high=15.8, pattern="annual"),
                    Yield(raw="本金翻倍", annual_low=None, annual_high=None, pattern="double")),
            reasons=(Reason(side=Side.FOR, rule="r", text="年化15.8% ≥ 10%"),
                     Reason(side=Side.AGAINST, rule="n", text="不应出现")),
        ),
        "captures": (capture,),
        "filing": a_filing(uscc="bad", nature="企业", approved_on=date(2021, 5, 6)),
        "manifests": {capture.id: "c" * 64},
    }  # fmt: skip
    return Finding(**(defaults | given))


def a_warning(finding: Finding | None = None, **given: Any) -> Occasion:
    values = {"seq": 1} | given
    return alert_told(EventType.ALERT_OPENED, finding or a_finding(), CASE, CATEGORIES, **values)


def a_sent_task(**given: Any) -> SupervisionTask:
    review = Review(alert_id=1, decision=Decision.CONFIRM, actor="wang", at=NOON)
    who = dispatch("yield_promise", a_site(), None, load_departments())
    calendar = load_calendar()
    task = open_task(CASE, an_alert(), review, who, calendar, None)
    return replace(sent(task, "system", NOON, calendar), number=f"{CASE.number}-01", **given)


def a_task_message(*findings: Finding) -> Occasion:
    told = findings or (a_finding(),)
    return task_told(EventType.TASK_CREATED, a_sent_task(), CASE, told, CATEGORIES, "请尽快核查")


def an_endpoint(**given: Any) -> Endpoint:
    return Endpoint(**({"name": "platform", "url": "https://p.example/", "secret": "s"} | given))


def body_of(occasion: Occasion) -> dict[str, Any]:
    (delivery,) = messages_of(occasion, (an_endpoint(),), NOON, os.urandom)
    return dict(json.loads(delivery.body))


SWEEP = Sweep(
    id=3, selection="all", state=SweepState.FINISHED, started_at=NOON,
    finished_at=NOON + timedelta(hours=1), sites=2,
)  # fmt: skip
OCCASIONS = {
    "alert.opened": a_warning(why="复燃"),
    "task.created": a_task_message(),
    "task.created several sites": a_task_message(a_finding(), a_finding()),
    "sweep.finished": sweep_told(SWEEP, {"seen": 1, "timed_out": 1}),
    "coverage.daily": coverage_told(date(2026, 5, 12), "310118", {"sites": 9, "seen": 8}),
}


@pytest.mark.parametrize("occasion", OCCASIONS.values(), ids=OCCASIONS.keys())
def test_every_message_is_as_the_published_schema_says_and_says_no_more(occasion: Occasion) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER

    jsonschema.Draft202012Validator(strict(MESSAGE), format_checker=checker).validate(
        body_of(occasion)
    )


def test_the_schemas_are_schemas() -> None:
    for schema in (MESSAGE, FEEDBACK):
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("example", sorted((SCHEMAS / "examples").glob("*.json")), ids=str)
def test_every_published_example_holds(example: Path) -> None:
    schema = FEEDBACK if example.name.startswith("feedback") else MESSAGE

    jsonschema.validate(json.loads(example.read_text("utf-8")), schema)


@pytest.mark.parametrize("gone", ["task_no", "due_at", "lead_dept"])
def test_the_schema_misses_a_field_that_is_required(gone: str) -> None:
    body = body_of(a_task_message())
    del body["task"][gone]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, MESSAGE)


def test_a_warning_that_nobody_has_looked_at_says_so() -> None:
    unseen = body_of(a_warning())["alert"]
    seen = body_of(a_warning(a_finding(alert=an_alert(state=AlertState.CONFIRMED))))["alert"]

    assert (unseen["verified"], seen["verified"]) == ("未经人工核实", "已核实")
    assert unseen["level_reason"] == "年化15.8% ≥ 10%"
    assert (unseen["category_name"], unseen["report_class"]) == (
        "承诺高收益", "民间投融资中介机构",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("level", "goes"), [(Level.RED, True), (Level.ORANGE, True), (Level.YELLOW, False)]
)
def test_only_orange_and_red_go_out_unasked(level: Level, goes: bool) -> None:
    assert goes_unasked(an_alert(level=level)) is goes


@pytest.mark.parametrize(
    ("subscribed", "wanted"),
    [
        ({}, True),
        ({"events": (EventType.ALERT_OPENED,)}, True),
        ({"events": (EventType.TASK_CREATED,)}, False),
        ({"levels": (Level.RED,)}, True),
        ({"levels": (Level.YELLOW,)}, False),
        ({"regions": ("31",)}, True),
        ({"regions": ("3101", "11")}, True),
        ({"regions": ("310115",)}, False),
    ],
)
def test_an_endpoint_gets_what_it_subscribed_to(subscribed: dict[str, Any], wanted: bool) -> None:
    messages = messages_of(a_warning(), (an_endpoint(**subscribed),), NOON, os.urandom)

    assert bool(messages) is wanted


def test_a_region_nobody_knows_goes_only_to_who_takes_all() -> None:
    occasion = a_warning(a_finding(alert=an_alert(region="")))
    endpoints = (an_endpoint(), an_endpoint(name="district", regions=("310118",)))

    messages = messages_of(occasion, endpoints, NOON, os.urandom)

    assert [one.endpoint for one in messages] == ["platform"]


def test_the_same_happening_has_one_key_and_every_message_its_own_id() -> None:
    one, two = a_warning(), a_warning(seq=2, why="other words")
    first = messages_of(one, (an_endpoint(), an_endpoint(name="city")), NOON, os.urandom)
    again = messages_of(two, (an_endpoint(),), NOON + timedelta(days=1), os.urandom)

    assert {m.event_key for m in (*first, *again)} == {event_key(one)}
    assert len({m.id for m in (*first, *again)}) == 3
    assert json.loads(first[0].body)["event_id"] == first[0].id


@pytest.mark.parametrize(
    "other",
    [an_alert(reopened=1), an_alert(level=Level.ORANGE), an_alert(id=2),
     an_alert(state=AlertState.DISMISSED)],
)  # fmt: skip
def test_another_happening_has_another_key(other: Any) -> None:
    assert event_key(a_warning(a_finding(alert=other))) != event_key(a_warning())


@pytest.mark.fault("K17")
def test_a_page_of_a_megabyte_title_and_5000_hits_makes_a_small_message() -> None:
    huge = "理" * 1_000_000
    hits = tuple(
        Hit(word=f"词{n}", category="c", weight=n % 7, field="body", start=0, end=1, raw=huge)
        for n in range(5_000)
    )
    reasons = (Reason(side=Side.FOR, rule="r", text=huge),) * 50
    finding = a_finding(
        site=a_site(unit_name=huge, site_name=huge, home_url="http://a/" + huge),
        alert=an_alert(sentence=huge),
        assessment=an_assessment(sentence=huge, hits=hits, reasons=reasons),
        captures=(a_capture(title=huge, final_url="http://a/" + huge),) * 99,
    )

    (delivery,) = messages_of(a_warning(finding), (an_endpoint(),), NOON, os.urandom)

    assert len(delivery.body) < 40_000
    told = json.loads(delivery.body)
    assert (len(told["hits"]), told["hits_total"]) == (20, 5_000)


def test_half_a_character_of_a_hostile_page_makes_no_broken_message() -> None:
    (delivery,) = messages_of(
        a_warning(a_finding(alert=an_alert(sentence="疑似\udcff"))),
        (an_endpoint(),), NOON, os.urandom,
    )  # fmt: skip

    assert json.loads(delivery.body.decode())["alert"]["summary"] == "疑似?"


def test_a_person_is_told_by_a_masked_name_wherever_it_stands() -> None:
    person = a_site(unit_name="欧阳明月", subject_kind=SubjectKind.PERSON, site_name="欧阳明月博客")
    finding = a_finding(
        site=person,
        filing=None,
        captures=(a_capture(title="欧阳明月的网站"),),
        alert=an_alert(sentence="欧阳明月疑似代客理财"),
    )

    for occasion in (a_warning(finding), a_task_message(finding)):
        told = json.dumps(body_of(occasion), ensure_ascii=False)
        assert "欧阳明月" not in told
        assert "欧***" in told


def a_lead(**given: Any) -> Lead:
    values: dict[str, Any] = {
        "id": 12, "url": "http://a.example.cn/", "domain": "a.example.cn", "channel": "12345热线",
        "reference": "HX-77", "words": "王大妈说收益很高", "reporter": "王大妈", "told_at": NOON,
        "received_at": NOON - timedelta(hours=3), "actor": "wang", "region": "310118",
    } | given  # fmt: skip
    return Lead(**values)


REGISTERS = Standing(
    asked=(Register.LICENCES, Register.CREDIT),
    found=(
        Listed(register=Register.CREDIT, name="某某财富管理有限公司", credit=CreditClass.WARNED,
               credit_written="B级", source="市信用平台", as_of=date(2026, 5, 1)),
        Listed(register=Register.LICENCES, name="某某财富管理有限公司", licence_number="L1",
               authority="某局", status="注销", source="持牌名录", as_of=date(2026, 4, 1)),
    ),
)  # fmt: skip


def test_registers_are_told_beside_the_level_each_with_source_and_day() -> None:
    told = body_of(a_warning(a_finding(standing=REGISTERS)))

    jsonschema.validate(told, strict(MESSAGE))
    credit, licensed = told["subject"]["credit_class"], told["subject"]["licensed"]
    assert (credit["value"], credit["written"], credit["source"]) == ("warned", "B级", "市信用平台")
    assert (licensed["state"], licensed["matched"]) == (
        "unlisted",
        False,
    )  # it ended: none in force
    assert [one["in_force"] for one in licensed["registers"]] == [False]
    assert told["alert"]["risk_level"] == body_of(a_warning())["alert"]["risk_level"]


@pytest.mark.parametrize(("uscc", "region"), [("91310115MA1JL0002H", "310115"), ("", "310118")])
def test_a_subject_is_registered_where_its_code_says_else_where_it_is_filed(
    uscc: str, region: str
) -> None:
    told = body_of(a_warning(a_finding(filing=a_filing(uscc=uscc))))

    assert told["subject"]["reg_region"] == region


def test_no_register_to_ask_is_not_called_unlicensed() -> None:
    subject = body_of(a_warning())["subject"]

    assert subject["licensed"] == {"state": "unchecked", "matched": None, "registers": []}
    assert subject["credit_class"] is None


@pytest.mark.parametrize(
    ("lead", "filed", "source"),
    [
        (a_lead(), True, "举报线索"),
        (a_lead(received_at=NOON + timedelta(hours=1)), True, "网站备案巡查"),
        (a_lead(received_at=NOON - timedelta(days=31)), True, "网站备案巡查"),
        (a_lead(received_at=NOON - timedelta(days=31)), False, "举报线索"),
    ],
)
def test_a_warning_says_where_it_came_from(lead: Lead, filed: bool, source: str) -> None:
    told = body_of(a_warning(a_finding(leads=(lead,), **({} if filed else {"filing": None}))))

    jsonschema.validate(told, strict(MESSAGE))
    assert told["alert"]["clue_source"] == source
    assert [(one["lead_no"], one["channel"]) for one in told["alert"]["leads"]] == [
        (12, "12345热线")
    ]


def test_who_told_of_a_site_is_never_told_on() -> None:
    finding = a_finding(leads=(a_lead(),))
    told = json.dumps([body_of(a_warning(finding)), body_of(a_task_message(finding))],
                      ensure_ascii=False)  # fmt: skip

    assert not any(word in told for word in ("王大妈", "HX-77"))


def test_a_task_says_who_inspects_together_and_who_else_claims_it() -> None:
    partner = a_sent_task().cooperating[0]
    task = a_sent_task(joint=(partner.code,), contested="登记地有两说")
    told = body_of(task_told(EventType.TASK_CREATED, task, CASE, (a_finding(),), CATEGORIES))

    jsonschema.validate(told, strict(MESSAGE))
    sent_to = told["task"]["dispatch"]
    assert sent_to["joint"] == [{"code": partner.code, "name": partner.name}]
    assert (sent_to["pattern"], sent_to["contested"]) == ("1+1", "登记地有两说")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AlertState.OPEN, "未经人工核实"),
        (AlertState.CONFIRMED, "已核实"),
        (AlertState.DISMISSED, "误报"),
        (AlertState.WATCHED, "转为观察"),
        (AlertState.MERGED, "未经人工核实"),
    ],
)
def test_what_a_person_said_of_an_alert_is_told_as_it_was_said(
    state: AlertState, said: str
) -> None:
    body = body_of(a_warning(a_finding(alert=an_alert(state=state))))

    jsonschema.validate(body, MESSAGE)
    assert body["alert"]["verified"] == said
