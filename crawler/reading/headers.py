"""Which column holds what: by the many names that lists give their columns."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """The columns that are understood; the value is the name shown to people."""

    UNIT_NAME = "主办单位名称"
    NATURE = "主办单位性质"
    MAIN_LICENCE = "主体备案号"
    SERVICE_LICENCE = "网站备案号"
    SITE_NAME = "网站名称"
    HOME_URL = "网站首页网址"
    DOMAIN = "域名"
    APPROVED_ON = "审核通过日期"
    RESTRICTED = "是否限制接入"
    PRE_APPROVAL = "前置审批项"
    LEADER = "网站负责人"
    USCC = "统一社会信用代码"
    ADDRESS = "地址"
    REGION = "行政区划"


# As written in lists, exports and query answers; compared after `plain_header`.
_NAMES: dict[Column, str] = {
    Column.UNIT_NAME: """
        主办单位名称 主办单位 主办者名称 主办者 域名主办方 公司名称 单位名称 企业名称 公司
        单位 企业 主体名称 备案主体 备案主体名称 网站主办者 网站主办单位 ZBDW comp_name
        companyName CompanyName owner unitName unit_name domain_owner subject.name unit
        company 主办方
    """,
    Column.NATURE: """
        主办单位性质 单位性质 性质 主体性质 主办者性质 域名类型 domain_type natureName nature
        subject.nature 单位类型 主办单位类型
    """,
    Column.MAIN_LICENCE: """
        ICP备案/许可证号 备案/许可证号 备案许可证号 主体备案号 主体备案许可证号
        ICP备案主体许可证号 ICP备案许可证号 subject_no mainLicence main_licence mainLicense
        domain_licence subject.license 主体许可证号 备案主体许可证号 icpNo nowIcp
    """,
    Column.SERVICE_LICENCE: """
        网站备案/许可证号 网站备案号 网站备案许可号 网站备案许可证号 ICP备案服务许可证号
        服务备案号 服务备案许可证号 ICP备案网站许可证号 site_no 备案号 ICP备案号 ICP备案
        备案编号 备案证号 serviceLicence service_licence serviceLicense website_licence
        website.license liscense permit WebrecordNo siteLicense recordNo icpCode icp
        网站许可证号 DomainIcpNum license licence
    """,
    Column.SITE_NAME: """
        网站名称 站点名称 名称 网站名 webName siteName serviceName WebsiteName site_name
        website.name 网站中文名称
    """,
    Column.HOME_URL: """
        网站首页网址 网站首页 网站首页地址 首页网址 首页地址 站点首页 主页URL 主页地址 主页
        网址 网站网址 网站地址 首页 WZSYDZ site_url homeUrl home_url url website.homepage
        homepage homeSite webSite HomeAddress 首页URL 网站URL
    """,
    Column.DOMAIN: """
        域名 网站域名 网站域名列表 域名列表 备案域名 注册域名 WZYMLB ym host domain domains
        domainName domain_name DomainName website.domain 主域名
    """,
    Column.APPROVED_ON: """
        审核通过日期 审核通过时间 审核时间 审核日期 核查日期 核准日期 备案时间 备案日期
        通过时间 check_time examineDate updateRecordTime domain_approve_date
        subject.updateTime approved_at approved_on 备案通过时间 备案通过日期 审批时间
    """,
    Column.RESTRICTED: """
        是否限制接入 限制接入 limitAccess restricted
    """,
    Column.PRE_APPROVAL: """
        网站前置审批项 服务前置审批项 前置审批项 前置审批 contentTypeName
        domain_content_approved
    """,
    Column.LEADER: """
        网站负责人姓名 网站负责人 负责人 负责人姓名 WZFZRMC leaderName leader
    """,
    Column.USCC: """
        统一社会信用代码 信用代码 社会信用代码 统一信用代码 主办单位证件号码 主办单位证件号
        证件号码 uscc creditCode credit_code mainUnitCertNo 主体证件号码
    """,
    Column.ADDRESS: """
        地址 通信地址 通讯地址 单位地址 主办单位通信地址 注册地址 住所 mainUnitAddress address
        主体地址 主办单位地址
    """,
    Column.REGION: """
        行政区划 行政区划代码 区划代码 所属区 所在区 区县 所属区县 所在区县 所属地区 区域 地区
        辖区 注册区 region countyId district 主办单位所属区域 所属区域 行政区
    """,
}
_BRACKETED = re.compile(r"\(.*?\)|\[.*?]|【.*?】|<.*?>|「.*?」")
_NOISE = re.compile(r"[\s/*:\-_、·\ufeff\u200b]+")


def plain_header(text: str) -> str:
    """A header without what varies: width, case, brackets with their content, separators."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _NOISE.sub("", _BRACKETED.sub("", folded))


COLUMN_OF: dict[str, Column] = {
    plain_header(name): column for column, names in _NAMES.items() for name in names.split()
}


def column_named(header: str) -> Column | None:
    """The column that a header means; a dotted key also by its last part."""
    plain = plain_header(header)
    return COLUMN_OF.get(plain) or COLUMN_OF.get(plain.rpartition(".")[2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Where each column stands, and the headers as they were written."""

    headers: tuple[str, ...]
    places: dict[Column, int]

    def header_of(self, column: Column) -> str:
        """The sender's own word for it."""
        place = self.places.get(column)
        return self.headers[place] if place is not None else column.value

    def point_somewhere(self) -> bool:
        """Whether a row can name a site at all."""
        return Column.DOMAIN in self.places or Column.HOME_URL in self.places


def columns_named(headers: Sequence[str]) -> Columns:
    """What the headers mean. Of two that mean the same the first counts; a second licence
    column beside a service number is the main one.
    """
    places: dict[Column, int] = {}
    for place, header in enumerate(headers):
        column = column_named(header)
        if column is Column.SERVICE_LICENCE and column in places:
            column = Column.MAIN_LICENCE
        if column is not None and column not in places:
            places[column] = place
    return Columns(headers=tuple(header.strip() for header in headers), places=places)


def merged_headers(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """One header out of two rows: the lower where it says something known, else the upper."""
    width = max(len(upper), len(lower))
    pairs = zip(_padded(upper, width), _padded(lower, width), strict=True)
    return [low if column_named(low) or not up.strip() else up for up, low in pairs]


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]
