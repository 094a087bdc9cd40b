"""The quick reading: what a person sees, whole, in order, in its field, in bounded time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.quick_text import MOST_CHARS, read_quickly, was_cut


def body(html: str) -> str:
    return read_quickly(html).field("body")


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("2<b>4</b>%", "24%"),
        ("1<i></i>2.<span>5</span><em>%</em>", "12.5%"),
        ("保<!-- -->本<wbr>保息", "保本保息"),
        ("<p>甲</p>丙<p>丁", "甲\n丙\n丁"),
        ("甲<br>乙", "甲\n乙"),
        ("<tr><td>年化<td>12%<tr><td>期限", "年化12%期限"),
        ("<table><tr><td>年化<td>12%<tr><td>期限<th>3 个月</table>", "年化\t12%\n期限\t3 个月"),
        ("<li>首页<li>理财", "首页\n理财"),
        ("<a>首页</a><a>理财</a>", "首页\t理财"),
        ("<a>首页</a>和<a>理财</a>", "首页和理财"),
        ("保&nbsp;&nbsp;本 \n  保息", "保 本 保息"),
        ("&#24180;&#x5316;&percnt;&amp;", "年化%&"),
        ("<pre>甲\n乙</pre>", "甲\n乙"),
        ("<script>var a='甲'</script><style>p{}</style><template>乙</template>丙", "丙"),
        ("<title>甲</title><iframe>乙</iframe>丙", "丙"),
        ("<bdo dir=rtl>息保本保</bdo>承诺", "保本保息承诺"),
        ('<i style="direction:rtl;unicode-bidi:bidi-override">%21</i>', "12%"),
        ("<svg><text>年化</text></svg>", "年化"),
        ("<svg><text>年化<tspan>12%</tspan></text><text>保本</text></svg>", "年化12%\n保本"),
        ("<P>甲<DIV>乙</P></DIV></b>丙", "甲\n乙\n丙"),
        ("<body>甲</body></html>乙", "甲乙"),
        ("甲<", "甲<"),
        ("", ""),
    ],
)
def test_the_body_reads_as_a_person_reads_it(html: str, seen: str) -> None:
    assert body(html) == seen


@pytest.mark.parametrize(
    ("html", "name", "text"),
    [
        ("<title> 某某\n理财 </title>", "title", "某某 理财"),
        ("<meta name=Description content='保本'>", "description", "保本"),
        ("<meta name=keywords content='理财,P2P'>", "keywords", "理财,P2P"),
        ("<img alt=甲><p>x<img alt=乙>", "alt", "甲\n乙"),
        (
            "<input placeholder=手机号><textarea placeholder=留言></textarea>",
            "placeholder",
            "手机号\n留言",
        ),
        ("<input type=submit value=立即投资><input value=不算>", "placeholder", "立即投资"),
        ("<select><option>一万<option>十万</select>", "option", "一万\n十万"),
        ("<noscript>请启用 <b>JavaScript</b></noscript>", "noscript", "请启用 JavaScript"),
        ("<frameset><frame src=a><noframes>旧浏览器</noframes></frameset>", "noscript", "旧浏览器"),
        ("<div style='DISPLAY: None'>藏<p>着</div>露", "hidden", "藏\n着"),
        ("<div hidden>藏</div>露", "hidden", "藏"),
        ("<p style='position:absolute;left:-9999px'>藏</p>露", "hidden", "藏"),
        ("<p style='font-size:0'>藏</p>露", "hidden", "藏"),
    ],
)
def test_what_is_not_body_text_has_its_own_field(html: str, name: str, text: str) -> None:
    found = read_quickly(html)

    assert found.field(name) == text
    assert text.split("\n")[0] not in found.field("body")


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (r"document.write('\u4fdd\u672c12%')", "保本12%"),
        ("document.write(unescape('%u4fdd%u672c'))", "保本"),
        ("document.write(atob('5L+d5pys5L+d5oGv'))", "保本保息"),
        ("decodeURIComponent('%E4%BF%9D%E6%9C%AC')", "保本"),
        ("String.fromCharCode(20445, 26412)", "保本"),
        ("x = \"<font color='red'>年化</font>12%\"", "年化12%"),
        ("// 注释\nvar a = '高收益'", "高收益"),
        (r"var broken = '\ud83d保本'", "\ufffd保本"),
        ("var plain = 'no words'", ""),
    ],
)
def test_words_that_a_script_would_draw_are_read(script: str, text: str) -> None:
    assert read_quickly(f"<p>x</p><script>{script}</script>").field("script") == text


def test_words_that_a_style_sheet_would_draw_are_read() -> None:
    html = r"<style>.a:before{content:'\4fdd\672c 保息'}</style>"

    assert read_quickly(html).field("script") == "保本保息"


def test_fields_come_in_one_order_whatever_the_page_does() -> None:
    html = "<p>正文</p><img alt=图><meta name=keywords content=词><title>题</title>"

    assert [field.name for field in read_quickly(html).fields] == [
        "title",
        "keywords",
        "body",
        "alt",
    ]


@given(st.text(alphabet=st.sampled_from(list("<>/=\"'ab \n&#;保p-!x")), max_size=120))
def test_no_page_is_too_broken(html: str) -> None:
    for field in read_quickly(html).fields:
        field.text.encode("utf-8")


@given(st.lists(st.text("保本年化12%", min_size=1, max_size=5), min_size=1, max_size=6))
def test_tags_inside_a_word_never_cut_it(parts: list[str]) -> None:
    html = "".join(f"<span>{part}</span>" for part in parts)

    assert body(f"<p>{html}</p>") == "".join(parts)


@pytest.mark.fault("W30")
def test_three_thousand_levels_hide_nothing() -> None:
    html = "<div>" * 3_000 + "保本" + "</div>" * 3_000 + "高收益"

    assert body(html) == "保本\n高收益"


def seconds(html: str) -> tuple[float, str]:
    start = time.process_time()
    text = body(html)
    return time.process_time() - start, text


@pytest.mark.fault("W31")
def test_a_hundred_thousand_levels_cost_no_minute() -> None:
    cost, text = seconds("<div>" * 100_000 + "保本" + "</div>" * 10 + "高收益")

    assert text.split() == ["保本", "高收益"]
    assert cost < 5


@pytest.mark.fault("W32")
@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "保" * 5_000_000 + "</p>",
        "<p " + " ".join(f"a{i}=1" for i in range(200_000)) + ">保本",
        "<p " + " ".join(f'a{i}="1"' for i in range(200_000)) + ">保本",
        f"<p title='{'x' * 1_000_000}'>保本",
        f'<img src="data:image/png;base64,{"A" * 1_000_000}"><p>保本',
    ],
    ids=["text node", "attributes", "quoted attributes", "attribute", "picture in the page"],
)
def test_one_endless_part_costs_no_minute(html: str) -> None:
    cost, text = seconds(html)

    assert text.startswith("保")
    assert len(text) <= MOST_CHARS
    assert cost < 5


@pytest.mark.parametrize(
    "padding",
    [
        "<!--" + "x" * 3_000_000 + "-->",
        "<script>" + "var a=1;" * 400_000 + "</script>",
        f'<img src="data:image/png;base64,{"A" * 3_000_000}">',
        "公告" + " " * 500_000,
        "<p></p>" * 60_000 + "<br>" * 300_000,
    ],
    ids=["comment", "script", "picture in the page", "blanks", "empty lines"],
)
def test_padding_hides_no_words(padding: str) -> None:
    html = f"<p>某某有限公司</p>{padding}<p>保本保息</p>"
    cost, text = seconds(html)

    assert text.split("\n")[-1] == "保本保息"
    assert not was_cut(html, read_quickly(html))
    assert cost < 5


@pytest.mark.parametrize("filling", ["<i>保", "保" * 1_000 + "<p>"], ids=["tags", "words"])
def test_what_is_not_read_to_its_end_is_known(filling: str) -> None:
    html = filling * 1_000_000 if len(filling) < 9 else filling * 401
    cost, text = seconds(html)

    assert 0 < len(text) <= MOST_CHARS
    assert was_cut(html, read_quickly(html))
    assert cost < 5


def test_formatting_that_is_piled_up_costs_no_minute() -> None:
    html = "".join(f"<font color=a{i}><p>甲{i}" for i in range(5_000))

    cost, text = seconds(html)

    assert text.split("\n")[:2] == ["甲0", "甲1"]
    assert text.endswith("甲4999")
    assert cost < 5


@pytest.mark.parametrize("levels", [6_000, 100_000])
def test_an_abyss_loses_nothing_that_lies_in_it_or_behind_it(levels: int) -> None:
    deep = "<div>" * 4 * levels + "</div>" * 3 * levels
    page = f"<title>渊</title>{deep}<p>保<b>本</b>保息 12%</p>{'</div>' * levels}<p>后面也要</p>"

    read = read_quickly(page)

    assert read.field("title") == "渊"
    assert read.field("body").split("\n") == ["保本保息 12%", "后面也要"]


def test_the_script_of_an_abyss_is_not_what_people_read() -> None:
    page = "<div>" * 30_000 + "<script>var a = '保本';</script><style>b{}</style>在"

    assert read_quickly(page).field("body") == "在"


def test_what_an_override_turns_round_reads_as_it_is_seen() -> None:
    html = "<p>前\u202e息保本保，%81化年\u202c后</p><p>\u202e赔不赚稳</p><p>如常</p>"

    assert read_quickly(html).field("body") == "前年化18%，保本保息后\n稳赚不赔\n如常"


def test_what_stands_above_words_does_not_part_them() -> None:
    html = "<p><ruby>保<rp>(</rp><rt>bǎo</rt><rp>)</rp></ruby><ruby>本<rt>běn</rt></ruby></p>"

    text = read_quickly(html)

    assert text.field("body") == "保本"
    assert text.field("alt") == "bǎo\nběn"
