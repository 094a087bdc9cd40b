"""Who a page says is behind it, and whose domain it was seen under."""

import pytest

from crawler.domain.page import PageStructure
from crawler.reading.imprints import imprint_of
from tests.builders import a_text


@pytest.mark.parametrize(
    ("domain", "url", "elsewhere"),
    [
        ("a.cn", "http://www.a.cn/x", ""),
        ("www2.a.com.cn", "http://m.a.com.cn/", ""),
        ("a.cn", "http://b.cn/", "b.cn"),
        ("a.cn", "http://x.b.com.cn/", "b.com.cn"),
        ("a.cn", "http://nota.cn/", "nota.cn"),
        ("a.cn", "", ""),
        ("a.cn", "http://[::1", ""),
    ],
)
def test_a_page_under_another_domain_is_elsewhere(domain: str, url: str, elsewhere: str) -> None:
    assert imprint_of("C", domain, url, a_text("甲"), None).elsewhere == elsewhere


def test_numbers_are_found_in_any_page_and_companies_where_it_was_read_closely() -> None:
    text = a_text("产品介绍\n版权所有 上海某某有限公司 沪ICP备2017005547号-1")
    quick = imprint_of("C", "a.cn", "http://a.cn/", text, None)
    structure = PageStructure(filing_numbers=("沪ICP备1号",), companies=("上海某某有限公司",))

    assert quick.filing_numbers == ("沪ICP备2017005547号-1",)
    assert quick.companies == ()
    assert imprint_of("C", "a.cn", "http://a.cn/", text, structure).companies != ()


def test_what_only_a_script_writes_counts() -> None:
    text = a_text("正文", script="沪ICP备2017005547号-1")

    assert imprint_of("C", "a.cn", "http://a.cn/", text, None).filing_numbers
