"""What a page shows beside its words reaches whoever asks: cloaks, borrowed numbers, families,
words in pictures, halls; on the terminal and as JSON.
"""

import json
from typing import Any

import pytest

from tests.journey.conftest import Installation

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lines(swept: Installation) -> dict[str, dict[str, Any]]:
    return {one["domain"]: one for one in swept.lines("sites", "--jsonl")}


@pytest.mark.fault("W41")
def test_a_scheme_for_wechat_only_is_found_flagged_and_told_with_both_captures(
    swept: Installation, lines: dict[str, dict[str, Any]]
) -> None:
    line = lines["mufeng-demo.cn"]
    shown = json.loads(swept.run("alerts", "show", str(line["alert"]), "--json").stdout)

    (cloak,) = [one for one in shown["discrepancies"] if one["kind"] == "cloak"]
    profiles = {one["id"]: one["profile"] for one in shown["captures"]}
    assert [profiles[one] for one in cloak["captures"]] == ["desktop", "phone"]
    assert "divergent" in line["flags"]
    assert "cloak" in line["findings"]
    assert any(one["rule"] == "cloak" for one in shown["assessment"]["reasons"])


def test_where_a_browser_is_both_views_are_pictured(
    swept: Installation, lines: dict[str, dict[str, Any]]
) -> None:
    if not any(line["rendered"] for line in lines.values()):
        pytest.skip("no browser here")
    shown = json.loads(swept.run("sites", "show", "mufeng-demo.cn", "--json").stdout)

    drawn = [one for one in shown["captures"] if one["fetcher"] == "browser"]
    assert [one["profile"] for one in drawn] == ["desktop", "phone"]
    assert all("picture" in {kept["kind"] for kept in one["evidence"]} for one in drawn)


def test_a_borrowed_number_says_whose_it_is(
    swept: Installation, lines: dict[str, dict[str, Any]]
) -> None:
    told = swept.run("sites", "show", "jieming-demo.cn").stdout

    assert "number_borrowed" in lines["jieming-demo.cn"]["findings"]
    assert "冒用备案号" in told
    assert "沪嘉消费金融有限公司" in told


def test_who_holds_its_own_number_is_not_accused(lines: dict[str, dict[str, Any]]) -> None:
    number = {"number_borrowed", "number_other", "number_cancelled"}
    accused = {one["domain"] for one in lines.values() if number & set(one["findings"])}

    assert accused == {"jieming-demo.cn"}


def test_only_pages_that_change_with_their_visitor_are_cloaks(
    lines: dict[str, dict[str, Any]],
) -> None:
    drawn = any(line["rendered"] for line in lines.values())
    by_script = {"shanlin-demo.cn"} if drawn else set()  # plain fetches run none

    cloaked = {d for d, one in lines.items() if "cloak" in one["findings"]}
    assert cloaked == {"mufeng-demo.cn"} | by_script


def test_sites_of_one_kit_are_one_family_and_one_case(
    swept: Installation, lines: dict[str, dict[str, Any]]
) -> None:
    two = [lines["jinniuwealth-demo.cn"], lines["yinshancf-demo.com"]]
    alerts = json.loads(swept.run("alerts", "list", "--all", "--json").stdout)
    cases = {one["domain"]: one["case_id"] for one in alerts}

    assert two[0]["family"] == two[1]["family"] != ""
    assert cases["jinniuwealth-demo.cn"] == cases["yinshancf-demo.com"]
    assert lines["puhaibank-demo.com"]["family"] == ""
    shown = json.loads(swept.run("sites", "show", "yinshancf-demo.com", "--json").stdout)
    shared = {kind for one in shown["relatives"] for kind in one["shared"]}
    assert {"text", "phone", "statistics"} <= shared


def test_behind_the_hall_lies_the_page(lines: dict[str, dict[str, Any]]) -> None:
    assert lines["yaxu-demo.cn"]["final_url"].endswith("/home/")


@pytest.mark.fault("B22")
def test_words_and_codes_in_pictures_are_read_and_listed(
    swept: Installation, lines: dict[str, dict[str, Any]]
) -> None:
    pytest.importorskip("rapidocr")
    if not lines["haibaotz-demo.com"]["rendered"]:
        pytest.skip("no browser here")
    shown = json.loads(swept.run("sites", "show", "haibaotz-demo.com", "--json").stdout)

    (read,) = shown["picture_words"]
    assert "保本保息" in read["field"]["text"]
    assert read["qr_codes"] == ["https://haibaotz-demo.com/app?from=qr"]
    assert read["evidence"][0]["kind"] == "ocr"


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("tingfang-demo.com", "parked"),
        ("chushou-demo.com", "for_sale"),
        ("jianshe-demo.cn", "construction"),
        ("huiyuan-demo.cn", "login_wall"),
    ],
)
def test_what_is_no_ordinary_page_is_named(
    lines: dict[str, dict[str, Any]], domain: str, kind: str
) -> None:
    assert lines[domain]["page_kind"] == kind


def test_a_site_nobody_knows_is_one_line_and_exit_two(swept: Installation) -> None:
    done = swept.run("sites", "show", "nobody.example.cn")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert swept.run("recapture", "9999").returncode == 2
