"""What any name gets is told from what is a site's own."""

import pytest

from crawler.reading.siblings import says_the_same, sibling_of, tells_nobody_apart
from tests.builders import a_site, a_text

SITE = a_site(domain="zhan-demo.cn", unit_name="上海某某商贸有限公司", site_name="某某商城")
HERE, THERE = "http://www.zhan-demo.cn/", "http://x414141414141.zhan-demo.cn/"


def chance(count: int) -> bytes:
    return b"A" * count


@pytest.mark.parametrize(
    ("url", "domain", "sibling"),
    [
        (HERE, "zhan-demo.cn", THERE),
        (
            "https://zhan-demo.cn:8443/i?a=1#top",
            "zhan-demo.cn",
            "https://x414141414141.zhan-demo.cn:8443/i?a=1",
        ),
        ("http://a.b.com.cn/", "b.com.cn", "http://x414141414141.b.com.cn/"),
        ("http://parking-demo.com/?d=zhan", "zhan-demo.cn", ""),  # somebody else's
        ("http://192.0.2.1/", "192.0.2.1", ""),
        ("", "zhan-demo.cn", ""),
        ("http://[::1/", "zhan-demo.cn", ""),
    ],
)
def test_the_made_up_name_lies_beside_the_sites_own(url: str, domain: str, sibling: str) -> None:
    assert sibling_of(url, domain, chance) == sibling


@pytest.mark.parametrize(
    ("body", "title", "apart"),
    [
        ("欢迎光临，精彩即将呈现", "", False),
        ("欢迎光临", "上海某某商贸有限公司", True),
        ("欢迎光临\n某某商城", "", True),
        ("欢迎光临\n沪ICP备13000001号-1", "", True),
        ("", "欢迎", True),  # nothing to compare
        ("本店主营各类五金轴承。" * 12, "", True),  # a page that says something
    ],
)
def test_a_page_that_names_its_owner_or_says_something_is_its_own(
    body: str, title: str, apart: bool
) -> None:
    assert tells_nobody_apart(a_text(body, title=title), SITE) is not apart


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("欢迎访问 www.zhan-demo.cn", "欢迎访问 x414141414141.zhan-demo.cn", True),
        ("请求 8f3a9c0d12ab34\n12:01:07", "请求 77aa10c9bbdd01\n12:01:08", True),
        ("欢迎光临，精彩即将呈现", "没有找到站点", False),
        ("欢迎光临，精彩即将呈现", "", False),
        ("欢迎光临", "欢迎光临本公司，我们主营减速机、电机与变频器", False),
        ("欢迎光临", "欢迎光临" * 1_000, False),
    ],
)
def test_names_times_and_numbers_make_no_difference(here: str, there: str, same: bool) -> None:
    assert says_the_same(a_text(here), HERE, f"<p>{there}", THERE) is same
