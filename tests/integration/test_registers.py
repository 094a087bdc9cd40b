"""Registers in a real store: taken in whole or in part, asked, replaced, taken back."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from crawler.domain.assessment import TestState
from crawler.domain.errors import BadInput
from crawler.domain.subject import (
    LicenceState,
    Listed,
    Register,
    ambiguities,
    credit_of,
    licence_state,
)
from crawler.service.registering import Handed, take_back, take_register
from crawler.service.wiring import House, open_house
from crawler.store.audit import latest_acts
from crawler.store.sites import site_of_domain
from crawler.store.subjects import (
    count_listed,
    list_registers,
    stage_register,
    standing_of,
    standings_of,
)
from crawler.store.tables import sites, visits
from crawler.store.visits import visits_by_id
from lexicons.judging import Judge
from tests.builders import NOON, a_site, a_text
from tests.integration.answering_house import settle_site

USCC, OTHER = "91310118MA1TE5T0XE", "91310118MA1TE5T1XC"
NAME = "某某财富管理有限公司"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "xunwang.toml").write_text('region = "310118"\n', "utf-8")
    opened = open_house(tmp_path)
    yield opened
    opened.database.close()


def handed(house: House, text: str, **given: object) -> Handed:
    path = house.home / "l.csv"
    path.write_text(text, "utf-8")
    defaults = {"register": Register.LICENCES, "source": "总局", "as_of": date(2026, 5, 1)}
    return Handed(**({"path": path} | defaults | given))  # type: ignore[arg-type]


def taken(house: House, text: str, **given: object) -> int:
    return take_register(house, handed(house, text, **given), "ops", NOON)[1]


def licence(house: House, name: str = NAME, code: str = "") -> LicenceState:
    with house.database.reading() as db:
        return licence_state(standing_of(db, name, code))


def test_every_row_is_accounted_for_and_the_act_is_noted(house: House) -> None:
    report, _ = take_register(
        house, handed(house, f"名称,信用代码\n甲银行,{USCC}\n甲银行,{USCC}\n,\n,坏\n"), "ops", NOON
    )

    assert (report.rows, report.accepted, report.merged, report.refused) == (3, 1, 1, 1)
    with house.database.reading() as db:
        (act,) = [one.act for one in latest_acts(db)]
        assert (act.action, act.actor) == ("register.import", "ops")
        assert list_registers(db)[0].source == "总局"


def test_a_rehearsal_leaves_nothing(house: House) -> None:
    take_register(house, handed(house, "名称\n甲银行\n"), "ops", NOON, rehearse=True)

    with house.database.reading() as db:
        assert (list_registers(db), count_listed(db), latest_acts(db)) == ([], {}, [])
    assert licence(house, "甲银行") is LicenceState.UNCHECKED


def test_a_whole_list_replaces_its_sources_last_and_no_other(house: House) -> None:
    taken(house, "名称\n甲银行\n乙银行\n")
    taken(house, "名称\n丙信托\n", source="地方局")
    taken(house, "名称\n甲银行\n", as_of=date(2026, 5, 9))

    assert [licence(house, one) for one in ("甲银行", "乙银行", "丙信托")] == [
        LicenceState.LICENSED,
        LicenceState.UNLISTED,
        LicenceState.LICENSED,
    ]


def test_a_part_adds_to_what_is_there(house: House) -> None:
    taken(house, "名称\n甲银行\n")
    taken(house, "名称\n乙银行\n", whole=False)

    assert licence(house, "甲银行") is licence(house, "乙银行") is LicenceState.LICENSED


def test_names_meet_in_their_normal_form_and_nothing_else_is_forgiven(house: House) -> None:
    taken(house, "名称\nＡＢＣ银行（中国）有限公司\n")

    assert licence(house, "abc银行(中国)有限公司") is LicenceState.LICENSED
    assert licence(house, "ABC银行中国有限公司") is LicenceState.UNLISTED


def test_namesakes_stay_ambiguous_until_a_code_tells(house: House) -> None:
    taken(house, f"名称,信用代码\n{NAME},{USCC}\n{NAME},{OTHER}\n")

    assert licence(house) is LicenceState.AMBIGUOUS
    assert licence(house, code=USCC) is LicenceState.LICENSED
    with house.database.reading() as db:
        assert USCC in ambiguities(standing_of(db, NAME))[0]


def test_two_sources_that_contradict_each_other_give_no_credit_class(house: House) -> None:
    for source, grade in (("甲局", "A"), ("乙局", "D")):
        text = f"名称,信用代码,信用等级\n{NAME},{USCC},{grade}\n"
        taken(house, text, register=Register.CREDIT, source=source)

    with house.database.reading() as db:
        assert credit_of(standing_of(db, NAME, USCC)) is None


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("名称\n甲\n", {"as_of": date(2026, 5, 13)}, "在未来"),
        ("名称\n甲\n", {"source": "  "}, "名录来源"),
        ("名称\n甲\n", {"source": "局\x1b[31m"}, "名录来源"),
        ("名称\n甲\n", {"as_of": date(2026, 4, 1)}, "旧名录不覆盖新名录"),
        ("名称\n甲\n", {}, "--shrink"),
        ("名称,地址\n,某路\n", {}, "没有一行可用"),
    ],
)
def test_what_would_spoil_a_register_is_refused_and_changes_nothing(
    house: House, text: str, given: dict[str, object], says: str
) -> None:
    taken(house, "名称\n" + "".join(f"第{n}银行\n" for n in range(9)))

    with pytest.raises(BadInput, match=says):
        taken(house, text, **given)

    with house.database.reading() as db:
        assert count_listed(db) == {Register.LICENCES: 9}
        assert len(list_registers(db)) == 1


def test_sites_of_which_a_list_says_something_new_are_due_and_no_others(house: House) -> None:
    later = NOON + timedelta(days=6)
    settle_site(house.database, a_site(domain="named.cn", unit_name=NAME))
    settle_site(house.database, a_site(domain="other.cn", unit_name="别的公司"))
    with house.database.transaction() as db:
        db.execute(update(sites).values(due_at=later))

    # the first register that is loaded says of every named subject: listed
    assert taken(house, f"名称\n{NAME}\n") == 1
    with house.database.reading() as db:
        assert site_of_domain(db, "named.cn").due_at == NOON  # type: ignore[union-attr]
        assert site_of_domain(db, "other.cn").due_at == later  # type: ignore[union-attr]

    assert taken(house, f"名称\n{NAME}\n乙\n", as_of=date(2026, 5, 2)) == 0
    assert take_back(house, Register.LICENCES, "总局", "来源有误", "ops", NOON) == (2, 1)
    assert licence(house) is LicenceState.UNCHECKED


def test_a_subject_on_a_watch_list_is_watched(house: House) -> None:
    site = settle_site(house.database, a_site(unit_name=NAME))
    text = f"名称,关注原因\n{NAME},上级交办\n"

    taken(house, text, register=Register.WATCH, source="专班")

    with house.database.transaction() as db:
        db.execute(update(visits).values(state="waiting"))
        (visit,) = visits_by_id(db, [site.id], NOON)
    assert visit.watched
    assert visit.standing.found[0].reason == "上级交办"


def test_a_loaded_register_stands_in_the_next_judgement_of_the_site(house: House) -> None:
    site = settle_site(house.database, a_site(unit_name=NAME))
    judge = Judge(house.lexicon, house.cache)
    text = a_text("投资理财，保本保息，年化12%，起投1万元，立即注册")

    def judged() -> TestState:
        with house.database.transaction() as db:
            db.execute(update(visits).values(state="waiting"))
            (visit,) = visits_by_id(db, [site.id], NOON)
        return judge.judge(visit, text, None, NOON).tests.unlawful

    before = judged()
    taken(house, f"名称,状态\n{NAME},有效\n")
    licensed = judged()
    taken(house, f"名称,状态\n{NAME},已注销\n", as_of=date(2026, 5, 2))

    assert (before, licensed, judged()) == (
        TestState.UNCHECKED, TestState.LICENSED, TestState.UNLISTED,
    )  # fmt: skip


def test_taking_back_asks_for_a_reason_and_a_source_that_is_there(house: House) -> None:
    taken(house, "名称\n甲\n")
    with pytest.raises(BadInput, match="理由"):
        take_back(house, Register.LICENCES, "总局", " ", "ops", NOON)
    with pytest.raises(BadInput, match="没有来源"):
        take_back(house, Register.LICENCES, "别处", "错", "ops", NOON)


def test_many_sites_are_asked_in_a_fixed_number_of_queries(house: House) -> None:
    from sqlalchemy import event

    taken(house, "名称\n" + "".join(f"第{n}公司\n" for n in range(200)))
    many = [a_site(id=n, domain=f"d{n}.cn", unit_name=f"第{n}公司") for n in range(300)]
    counted: list[str] = []
    event.listen(
        house.database.engine, "before_cursor_execute", lambda *args: counted.append(args[2])
    )
    with house.database.reading() as db:
        found = standings_of(db, many)

    assert sum(licence_state(one) is LicenceState.LICENSED for one in found.values()) == 200
    assert len(counted) <= 3


def test_others_may_write_while_a_register_is_read(house: House) -> None:
    entries = iter([Listed(register=Register.LICENCES, name=f"第{n}银行") for n in range(3)])
    wrote = []

    def slowly() -> Iterator[Listed]:
        for entry in entries:
            settle_site(house.database, a_site(domain=f"d{len(wrote)}.cn"))  # would wait for a lock
            wrote.append(entry)
            yield entry

    staging = partial(stage_register, entries=slowly(), region="310118")
    with house.database.prepared(staging) as (_, staged):
        assert (staged.accepted, len(wrote)) == (3, 3)
