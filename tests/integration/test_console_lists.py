"""名单 over HTTP: a list is previewed, which writes nothing, and taken exactly as previewed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select, update

from crawler.domain.user import Role, user_from
from crawler.service import importing, rehearsing
from crawler.service.console import app
from crawler.service.console import lists as page
from crawler.service.console.app import app_of
from crawler.service.importing import import_file
from crawler.service.rehearsing import HOLDS, Tell, drop_expired
from crawler.store.audit import acts_on
from crawler.store.dockings import Docked, keep_docked
from crawler.store.lists import lists
from crawler.store.people import save_user
from crawler.store.people_tables import users
from crawler.store.tables import audit, filing_changes, filings, refusals, sites
from tests.builders import NOON
from tests.integration.console_house import (
    UPLOADING,
    Answer,
    Clock,
    Served,
    Visitor,
    console,
    kept_password,
)

HEADER = "主办单位名称,主办单位性质,网站备案号,网站域名,网站名称,区划代码"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with console(tmp_path / "home", clock) as served:
        yield served


@pytest.fixture
def ops(house: Served) -> Visitor:
    return house.person("yun", Role.OPS, region="310000")


def rows(numbers: range, name: str = "单位", region: str = "310118") -> list[str]:
    return [f"{name}{n},企业,沪ICP备{n:08d}号-1,s{n}.example.cn,站{n},{region}" for n in numbers]


def csv(lines: list[str]) -> bytes:
    return "\n".join([HEADER, *lines]).encode("gb18030")


def upload(visitor: Visitor, content: bytes, name: str = "备案.csv", **fields: str) -> Answer:
    given = {"source": "市局", "part": "no"} | fields
    return visitor.upload("/lists", content, name, **given)


def key_in(visitor: Visitor) -> str:
    return re.findall(r'name="key" value="([0-9a-f]{64})"', visitor.get("/lists/preview").text)[0]


def take(visitor: Visitor, key: str, **more: str) -> Answer:
    return visitor.post("/lists/preview/take", {"key": key, **more})


def taken(house: Served) -> list[dict[str, Any]]:
    with house.house.database.reading() as db:
        return lists(db)


def written(house: Served) -> list[int]:
    """How many rows there are of all that an import writes."""
    with house.house.database.reading() as db:
        return [
            db.scalar(select(func.count()).select_from(table)) or 0
            for table in (filings, filing_changes, refusals, sites, audit)
        ]


def held(house: Served) -> list[Path]:
    return list((house.house.cache / "lists").glob("*-*"))


def imported(house: Served, content: bytes, *, whole: bool = True, source: str = "市局") -> int:
    path = house.house.home / "by-hand.csv"
    path.write_bytes(content)
    return import_file(
        house.house, path, source=source, actor="cli", at=NOON, whole=whole, rehearse=False
    ).list_id


def test_a_preview_writes_nothing_and_what_was_previewed_is_taken(
    house: Served, ops: Visitor
) -> None:
    imported(house, csv(rows(range(1, 4))))
    before = written(house)
    second = [
        "单位1,企业,沪ICP备00000001号-1,s1.example.cn,改了名,310118",
        "别人2,企业,沪ICP备00000002号-1,s2.example.cn,站2,310118",
        *rows(range(4, 6)),
        *rows(range(4, 5)),
        "坏的,企业,沪ICP备00000009号-1,127.0.0.1,站9,310118",
    ]

    answer = upload(ops, csv(second))

    assert (answer.status, answer.headers["location"]) == (303, "/lists/preview")
    told = ops.get("/lists/preview").text
    assert "6 行 = 采用 4 + 合并 1 + 拒绝 1" in told
    assert re.sub("<[^>]+>", "", told).count("消失 1、转移主体 1、变更 1、新增 2、未变 0") == 1
    assert "改了名" in told
    assert "单位2 → 别人2" in told
    assert "127.0.0.1" in told
    assert "消失并停止巡查" not in told  # one of three is no sign of a broken list
    assert written(house) == before
    assert len(taken(house)) == 1

    accepted = take(ops, key_in(ops))

    assert (accepted.status, accepted.headers["location"]) == (303, "/lists/2")
    one = taken(house)[0]
    assert (one["name"], one["source"], one["actor"]) == ("备案.csv", "市局", "yun")
    assert [one[name] for name in ("rows", "accepted", "merged", "refused")] == [6, 4, 1, 1]
    with house.house.database.reading() as db:
        assert [(e.act.actor, e.act.action) for e in acts_on(db, "list:2")] == [
            ("yun", "list.import")
        ]
    assert held(house) == []
    assert "已导入：6 行 = 采用 4 + 合并 1 + 拒绝 1" in ops.get("/lists").text


def test_a_list_shows_its_difference_and_the_rows_it_refused(house: Served, ops: Visitor) -> None:
    imported(house, csv(rows(range(1, 4))))
    bad = "坏的,企业,沪ICP备00000009号-1,127.0.0.1,<script>站</script>,310118"
    imported(house, csv([*rows(range(2, 6)), bad]))

    officer = house.person("chen", Role.OFFICER, region="310000")
    history = officer.get("/lists").text
    gone = officer.get("/lists/2").text
    new = officer.get("/lists/2?change=new").text

    assert history.index("/lists/2") < history.index("/lists/1")
    assert "交一份名单" not in history
    assert "s1.example.cn" in gone
    assert "s4.example.cn" not in gone
    assert "s4.example.cn" in new
    assert "127.0.0.1" in gone
    assert re.search(r'<td class="num">6</td>', gone)  # its line in the file
    assert officer.get("/lists/3").status == 404
    assert officer.get("/lists/0").status == 404
    assert officer.get("/lists/2?change=nonsense&after=x").status == 200


def test_long_lists_are_read_page_by_page(
    house: Served, ops: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_ROWS", 2)
    monkeypatch.setattr(page, "MOST_LISTS", 2)
    bad = [f"坏{n},企业,,127.0.0.{n},站,310118" for n in range(1, 4)]
    for n in range(3):
        imported(house, csv([*rows(range(1, 4)), *bad]), source=f"局{n}")

    for part, last in (("after", "s3.example.cn"), ("refused", "127.0.0.3")):
        first = ops.get("/lists/1").text
        assert last not in first
        following = re.findall(rf'href="(/lists/1\?change=new&amp;{part}=\d+)', first)[0]
        assert last in ops.get(following.replace("&amp;", "&")).text
    newest = ops.get("/lists").text
    assert "局0" not in newest.partition("导入过的名单")[2]
    older = re.findall(r"/lists\?before=\d+", newest)[0]
    assert "局0" in ops.get(older).text


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        (b"%PDF-1.7", {}, "PDF"),
        (b"", {}, "空的"),
        (HEADER.encode(), {}, "只有表头"),
        (csv(["坏,企业,,127.0.0.1,站,310118"]), {}, "1 行全部不能采用"),
        (csv(rows(range(2))), {"source": " "}, "来源须为"),
        (csv(rows(range(2))), {"source": "长" * 101}, "来源须为"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line_and_leaves_nothing(
    house: Served, ops: Visitor, content: bytes, fields: dict[str, str], says: str
) -> None:
    answer = upload(ops, content, **fields)

    assert answer.status == 400
    assert says in answer.text
    assert held(house) == []
    assert taken(house) == []


def test_a_file_too_big_is_refused_before_it_is_read(
    house: Served, ops: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "FORM_S", 0.5)  # what it waits for never comes
    headers = UPLOADING | {"Content-Length": str(page.MOST_BYTES + 1)}

    answer = ops.ask("POST", "/lists", b"", headers)

    assert answer.status == 413
    assert held(house) == []


def test_workbooks_and_json_are_lists_too(house: Served, ops: Visitor) -> None:
    book, file = Workbook(), BytesIO()
    for line in (HEADER, *rows(range(1, 4))):
        book.active.append(line.split(","))  # type: ignore[union-attr]
    book.save(file)
    for name, content in (
        ("a.xlsx", file.getvalue()),
        ("a.json", '[{"主办单位名称":"甲","网站域名":"j.example.cn"}]'.encode()),
    ):
        assert upload(ops, content, name=name).status == 303, name
        assert name in ops.get("/lists/preview").text


def test_a_list_that_shrinks_is_taken_only_by_somebody_who_says_so(
    house: Served, ops: Visitor
) -> None:
    imported(house, csv(rows(range(1, 51))))
    upload(ops, csv(rows(range(1, 31))))
    told = ops.get("/lists/preview").text
    key = key_in(ops)

    unsaid = take(ops, key)

    assert "50 个网站将有 20 个（40%）消失" in told
    assert unsaid.status == 400
    assert "请在预览页勾选" in unsaid.text
    assert "--yes" not in unsaid.text
    assert len(taken(house)) == 1
    assert take(ops, key, shrinks="yes").status == 303
    assert taken(house)[0]["accepted"] == 30


def test_a_part_makes_nothing_vanish(house: Served, ops: Visitor) -> None:
    imported(house, csv(rows(range(1, 51))))
    upload(ops, csv(rows(range(1, 2))), part="yes")

    told = ops.get("/lists/preview").text

    assert "消失并停止巡查" not in told
    assert take(ops, key_in(ops)).status == 303
    assert taken(house)[0]["whole"] is False
    assert "部分" in ops.get("/lists").text


def test_a_preview_is_its_owners_alone(house: Served, ops: Visitor) -> None:
    other = house.person("wang", Role.OPS, region="310000")
    upload(ops, csv(rows(range(1, 4))))
    key = key_in(ops)

    refused = take(other, key)

    assert refused.status == 400
    assert "别人预览的" in refused.text
    assert other.get("/lists/preview").status == 303
    assert "备案.csv" not in other.get("/lists").text
    assert taken(house) == []
    other.post("/lists/preview/drop")
    assert take(ops, key).status == 303


def test_of_two_people_with_one_source_the_second_previews_again(
    house: Served, ops: Visitor
) -> None:
    other = house.person("wang", Role.OPS, region="310000")
    upload(ops, csv(rows(range(1, 4))))
    upload(other, csv(rows(range(1, 6))))
    first, second = key_in(ops), key_in(other)
    assert take(ops, first).status == 303

    late = take(other, second)

    assert late.status == 409
    assert "又导入了名单 1" in late.text
    assert len(taken(house)) == 1
    upload(other, csv(rows(range(1, 6))))
    assert take(other, key_in(other)).status == 303


def test_a_preview_taken_once_is_gone(house: Served, ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))
    key = key_in(ops)
    assert take(ops, key).status == 303

    assert take(ops, key).status == 400
    assert len(taken(house)) == 1


def test_the_button_of_an_older_preview_does_not_take_the_newer_one(
    house: Served, ops: Visitor
) -> None:
    upload(ops, csv(rows(range(1, 4))))
    older = key_in(ops)
    upload(ops, csv(rows(range(1, 4))), part="yes")

    assert len(held(house)) == 1
    assert take(ops, older).status == 400
    assert taken(house) == []


def test_a_file_that_changed_after_its_preview_is_not_taken(house: Served, ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))
    key = key_in(ops)
    (held(house)[0] / "list").write_bytes(csv(rows(range(1, 9))))

    changed = take(ops, key)

    assert changed.status == 400
    assert "与预览时不同" in changed.text
    assert taken(house) == []


def test_a_preview_expires_and_its_file_goes(house: Served, ops: Visitor, clock: Clock) -> None:
    upload(ops, csv(rows(range(1, 4))))
    key = key_in(ops)
    for _ in range(2):  # a session may not stand idle for as long
        assert ops.get("/lists/preview").status == 200
        clock.move(seconds=HOLDS.total_seconds() / 2 + 1)

    late = take(ops, key)

    assert late.status == 400
    assert "已过期" in late.text
    assert ops.get("/lists/preview").headers["location"] == "/lists"
    drop_expired(house.house, NOON + HOLDS)
    assert len(held(house)) == 1  # in time it stays
    drop_expired(house.house, NOON + HOLDS + timedelta(seconds=1))
    assert held(house) == []


def test_no_preview_outlives_the_console_that_made_it(house: Served, ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))
    assert len(held(house)) == 1

    app_of(house.house, Clock())

    assert held(house) == []


def test_a_preview_can_be_thrown_away(house: Served, ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))
    assert "看预览" in ops.get("/lists").text

    assert ops.post("/lists/preview/drop").status == 303

    assert held(house) == []
    assert "看预览" not in ops.get("/lists").text


def test_a_district_sees_the_citys_lists_as_far_as_its_own_sites(house: Served) -> None:
    here, there = rows(range(1, 3)), rows(range(3, 6), region="310115")
    imported(house, csv([*here, *there, "坏,企业,,127.0.0.1,站,310115"]))
    officer = house.person("chen", Role.OFFICER, region="310118")
    elsewhere = house.person("li", Role.OFFICER, region="330100")

    mine = officer.get("/lists/1").text

    assert "/lists/1" in officer.get("/lists").text
    assert "s1.example.cn" in mine
    assert "s3.example.cn" not in mine
    assert "新增 <b>2</b>" in mine
    assert "127.0.0.1" not in mine
    assert "/lists/1" not in elsewhere.get("/lists").text
    assert elsewhere.get("/lists/1").status == 404


def test_ops_of_a_district_import_nothing_for_the_city(house: Served) -> None:
    district = house.person("qu", Role.OPS, region="310118")

    answer = upload(district, csv(rows(range(1, 4))))

    assert answer.status == 403
    assert "你的辖区小于本系统的辖区" in answer.text
    assert "交一份名单" not in district.get("/lists").text
    assert held(house) == []


def test_persons_are_masked_and_markup_is_text(house: Served, ops: Visitor) -> None:
    def person(address: str) -> bytes:
        head = "主办单位名称,主办单位性质,网站备案号,网站域名,网站名称,单位地址"
        line = f"张三丰,个人,沪ICP备00000001号-1,p.example.cn,<b>站</b>{address[:1]},{address}"
        return f"{head}\n{line}\n".encode()

    imported(house, person("东路一号"))
    upload(ops, person("西路二号"), name="<i>x.csv")

    told = ops.get("/lists/preview").text

    assert "张**" in told
    assert "张三丰" not in told
    assert "西路二号" not in told
    assert "个人信息不显示" in told
    assert "&lt;b&gt;站" in told
    assert "<i>x.csv" not in told


def test_a_list_that_came_by_itself_and_waits_is_pointed_at(house: Served, ops: Visitor) -> None:
    one = Docked(
        sha256="d" * 64, source="市局", name="n.csv", state="waiting", region="310000",
        actor="docking", at=NOON,
    )  # fmt: skip
    with house.house.database.transaction() as db:
        keep_docked(db, one)

    assert "1 份自动送来的名单等待确认" in ops.get("/lists").text


def test_the_same_file_again_is_said_to_change_nothing(house: Served, ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))
    assert take(ops, key_in(ops)).status == 303
    upload(ops, csv(rows(range(1, 4))))

    assert "与该来源上一份完全相同" in ops.get("/lists/preview").text


def test_names_of_files_are_names_and_no_paths(house: Served, ops: Visitor) -> None:
    assert upload(ops, csv(rows(range(1, 4))), name="../../etc/名单.csv").status == 303
    assert take(ops, key_in(ops)).status == 303

    assert taken(house)[0]["name"] == "名单.csv"
    assert not (house.house.home / "etc").exists()


def test_who_waits_for_a_list_is_told_how_far_it_is_and_nobody_else_is(
    house: Served, ops: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = house.person("wang", Role.OPS, region="310000")
    told: list[tuple[int, int]] = []
    seen: list[Answer] = []
    real = rehearsing.rehearse

    def watched(*given: Any, tell: Tell) -> None:
        def both(read: int, there: int) -> None:
            told.append((read, there))
            tell(read, there)
            seen.extend(one.get("/lists/progress") for one in (ops, other))

        real(*given, tell=both)

    monkeypatch.setattr(page, "rehearse", watched)
    monkeypatch.setattr(importing, "_TOLD_EACH", 2)

    assert upload(ops, csv(rows(range(1, 5)))).status == 303

    assert told == [(0, 4), (2, 4), (4, 4)]
    assert [one.status for one in seen] == [200, 204] * 3
    assert "已读 2 行，共约 4 行" in seen[2].text
    assert 'max="4" value="2"' in seen[2].text
    assert "4 行读完" in seen[4].text
    assert "max=" not in seen[4].text
    assert ops.get("/lists/progress").status == 204


def test_people_are_told_by_their_names(house: Served, ops: Visitor) -> None:
    user = user_from("li", frozenset({Role.OPS}), "310000", NOON, "李师傅")
    with house.house.database.transaction() as db:
        save_user(db, user, kept_password(), "test")
    visitor = house.visitor()
    visitor.sign_in("li")
    upload(visitor, csv(rows(range(1, 4))))
    take(visitor, key_in(visitor))

    for path in ("/lists", "/lists/1"):
        text = ops.get(path).text
        assert "李师傅" in text, path


def test_the_first_list_of_a_source_has_nothing_to_be_compared_with(ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))

    told = re.sub("<[^>]+>", "", ops.get("/lists/preview").text)

    assert "这个来源还没有名单：新增 3" in told
    assert "消失 0" not in told


def test_who_was_moved_to_a_district_meanwhile_takes_nothing(house: Served, ops: Visitor) -> None:
    upload(ops, csv(rows(range(1, 4))))
    key = key_in(ops)
    with house.house.database.transaction() as db:
        db.execute(update(users).where(users.c.name == "yun").values(region="310118"))

    assert take(ops, key).status == 403

    assert taken(house) == []
