"""The forms as they come with the program. Ops may put their own, under the same names, into the
folder `forms` of the installation; `xunwang evidence forms` writes these there to start from.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

RECORD, REPORT, KIN_REPORT, NOTICE, HANDOVER = (
    "电子数据提取笔录.docx",
    "线索报告.docx",
    "同族线索报告.docx",
    "交办通知书.docx",
    "证据移交清单.docx",
)
_TITLE_FONT, _BODY_FONT = "黑体", "仿宋"
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001  - a document's property has no zone
_LINE = "________________"
_DISCLAIMER = "本件由程序依据公开网页自动生成，所称均为“疑似”，是否违法由有权机关依法认定。"


@cache
def blank_form(name: str) -> bytes:
    """One of the five, as a .docx."""
    document = Document()
    _prepare(document)
    FORMS[name](document)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _record(document: Any) -> None:
    _title(document, "电子数据提取笔录（草稿）")
    _facts(
        document,
        [
            ("案由", "{{案由}}"),
            ("线索编号", "{{线索编号}}"),
            ("提取时间", "{{提取时间}}"),
            ("提取地点", _LINE * 2),
            ("提取方法", "网络在线提取：{{提取方法}}"),
            ("使用工具", "{{使用工具}}"),
            ("网络环境", "{{网络环境}}"),
            ("域名解析", "{{域名解析}}"),
            ("环境检查", "{{环境检查}}"),
            ("时间校对", "{{时间校对}}"),
            ("目标网址", "{{目标网址}}"),
            ("目标地址", "{{目标地址}}"),
            ("备案主体", "{{主体}}（{{备案号}}）"),
            ("提取内容", "{{提取内容}}"),
        ],
    )
    _heading(document, "提取过程")
    _rows(
        document,
        ("序号", "时间", "方式", "网址", "实际连接", "结果"),
        "采集",
        (1.2, 3.6, 3.6, 4.2, 2.6, 1.8),
    )
    _heading(document, "电子数据清单")
    _rows(document, ("序号", "文件", "类别", "字节", "SHA-256"), "文件", (1.1, 4.6, 3.0, 1.7, 6.6))
    _text(document, "完整性校验值（证据总校验值，由上列文件算出，算法见核验说明）：")
    _text(document, "{{证据总校验值}}", size=10.5)
    _text(document, "采集清单已接入只增不改的证据链：{{证据链}}。")
    _text(document, "缺损情况：{{缺损}}")
    _text(document, "需要说明的情况：" + _LINE * 3)
    _text(document, "以上记录经核对无误。", after=14)
    _signatures(document, ("办案人员（一）", "办案人员（二）", "见证人"))


def _report(document: Any) -> None:
    _title(document, "线索报告")
    _facts(
        document,
        [
            ("线索编号", "{{线索编号}}　　{{核实状态}}"),
            ("风险等级", "{{等级}}（得分 {{得分}}）　{{类别}}"),
            ("主体", "{{主体}}　{{主体性质}}"),
            ("网站", "{{域名}}　{{备案号}}"),
            ("疑似情形", "{{疑似情形}}"),
            ("发现", "{{来源}}；首见 {{首见}}，末见 {{末见}}"),
        ],
        size=11,
    )
    _heading(document, "四项特征", size=12)
    _rows(document, ("特征", "所见", "说明"), "四性", (2.2, 2.6, 12.2), size=10.5)
    _heading(document, "收益（原文与折算）", size=12)
    _rows(document, ("原文", "性质", "年化"), "收益", (10.0, 4.0, 3.0), size=10.5)
    _text(document, "支持：{{支持}}", size=10.5, before=6)
    _text(document, "相反：{{相反}}", size=10.5)
    _text(document, "建议：{{主办}}主办，{{协办}}协办。依据：{{派发规则}}", size=10.5)
    _text(document, "证据总校验值：{{证据总校验值}}", size=9)
    _text(document, _DISCLAIMER, size=9)


def _kin_report(document: Any) -> None:
    _title(document, "同族线索报告")
    _facts(
        document,
        [
            ("线索编号", "{{线索编号}}"),
            ("风险等级", "{{等级}}　{{类别}}"),
            ("网站", "{{网站数}}"),
            ("发现", "首见 {{首见}}，末见 {{末见}}"),
        ],
        size=11,
    )
    _heading(document, "成员", size=12)
    _rows(
        document,
        ("代号", "网站", "主体", "备案号", "等级", "首见", "末见"),
        "成员",
        (1.2, 3.7, 3.7, 3.0, 1.2, 2.1, 2.1),
    )
    _heading(document, "相同的信号", size=12)
    _rows(document, ("种类", "内容", "成员"), "信号", (3.2, 9.8, 4.0))
    _text(document, "相互关联：{{关联}}。", size=10.5, before=6)
    _heading(document, "各网站的疑似情形", size=12)
    _rows(document, ("代号", "疑似情形"), "成员", (1.6, 15.4))
    _text(document, "建议：{{主办}}主办，{{协办}}协办。依据：{{派发规则}}", size=10.5, before=6)
    _text(document, "相同的信号提示疑似同一来源，不等于认定。" + _DISCLAIMER, size=9)
    _text(document, "证据总校验值：{{证据总校验值}}", size=9)


def _notice(document: Any) -> None:
    _title(document, "交办通知书")
    _text(document, "编号：{{任务编号}}", align=WD_ALIGN_PARAGRAPH.RIGHT, size=12)
    _text(document, "{{主办}}：")
    _text(
        document,
        "经对备案网站巡查，发现{{主体}}（{{域名}}，{{备案号}}）{{疑似情形}}"
        "现将线索（编号 {{线索编号}}，等级{{等级}}）交你单位主办，请{{协办}}配合。",
        indent=True,
    )
    _text(document, "事项：{{事项}}", indent=True)
    _text(document, "摘要：{{摘要}}", indent=True)
    _text(
        document,
        "请于{{签收时限}}前签收，于{{反馈时限}}前首次反馈，于{{办结时限}}前办结。"
        "反馈结论：属实-整改、属实-立案、属实-移送、属实-关停或注销备案、不属实、无法联系、"
        "已失效、持牌合规。",
        indent=True,
    )
    _text(document, "派发依据：{{派发规则}}。", indent=True)
    _text(document, "附件：电子证据包（证据总校验值 {{证据总校验值}}）。", indent=True)
    _text(document, _DISCLAIMER, indent=True, after=24)
    _text(document, "交办单位（盖章）：" + _LINE, align=WD_ALIGN_PARAGRAPH.RIGHT)
    _text(document, "年　　月　　日", align=WD_ALIGN_PARAGRAPH.RIGHT)


def _handover(document: Any) -> None:
    _title(document, "证据移交清单")
    _facts(
        document,
        [
            ("线索编号", "{{线索编号}}"),
            ("主体与网站", "{{主体}}（{{域名}}）"),
            ("证据总校验值", "{{证据总校验值}}"),
            ("证据链", "{{证据链}}"),
            ("缺损情况", "{{缺损}}"),
        ],
    )
    _rows(document, ("序号", "文件", "类别", "字节", "SHA-256"), "文件", (1.1, 4.6, 3.0, 1.7, 6.6))
    _text(
        document, "接收方已用包内 verify.py 或其他工具核对摘要：□ 相符　□ 不符：" + _LINE, after=14
    )
    _signatures(document, ("移交人", "接收人"))


FORMS: dict[str, Callable[[Any], None]] = {
    RECORD: _record,
    REPORT: _report,
    KIN_REPORT: _kin_report,
    NOTICE: _notice,
    HANDOVER: _handover,
}


def _prepare(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin = section.bottom_margin = Cm(2.0)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _BODY_FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY_FONT)
    style.paragraph_format.space_after = Pt(4)
    core = document.core_properties
    core.created = core.modified = core.last_printed = _MADE
    core.author, core.title, core.comments = "巡网", "", ""


def _title(document: Any, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(12)
    _lettered(paragraph.add_run(text), _TITLE_FONT, 20)


def _heading(document: Any, text: str, size: float = 14) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(8)
    paragraph.paragraph_format.keep_with_next = True
    _lettered(paragraph.add_run(text), _TITLE_FONT, size)


def _text(
    document: Any,
    text: str,
    *,
    size: float = 14,
    align: Any = None,
    indent: bool = False,
    before: float = 0,
    after: float = 4,
) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    if before:
        paragraph.paragraph_format.space_before = Pt(before)
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    paragraph.paragraph_format.space_after = Pt(after)
    _lettered(paragraph.add_run(text), _BODY_FONT, size)


def _facts(document: Any, facts: Sequence[tuple[str, str]], size: float = 12) -> None:
    table = _table(document, 0, (3.0, 14.0))
    for name, value in facts:
        cells = table.add_row().cells
        _cell(cells[0], name, size, 3.0, font=_TITLE_FONT)
        _cell(cells[1], value, size, 14.0)


def _rows(
    document: Any, names: Sequence[str], of: str, widths: Sequence[float], size: float = 9
) -> None:
    table = _table(document, 2, widths)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # again on each page
    for place, (name, width) in enumerate(zip(names, widths, strict=True)):
        _cell(table.rows[0].cells[place], name, size, width, font=_TITLE_FONT)
        _cell(table.rows[1].cells[place], f"{{{{{of}.{name}}}}}", size, width)


def _table(document: Any, rows: int, widths: Sequence[float]) -> Any:
    table = document.add_table(rows=rows, cols=len(widths), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def _cell(cell: Any, text: str, size: float, width: float, font: str = _BODY_FONT) -> None:
    cell.width = Cm(width)
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    _lettered(paragraph.add_run(text), font, size)


def _signatures(document: Any, names: Sequence[str]) -> None:
    for name in names:
        _text(
            document, f"{name}（签名）：{_LINE}　证件号：{_LINE}　日期：________", size=12, after=10
        )


def _lettered(run: Any, font: str, size: float) -> None:
    run.font.name, run.font.size = font, Pt(size)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
