"""文书: a template that is wrong is refused by name; what is right is filled and stays editable."""

import zipfile
from io import BytesIO

import pytest
from docx import Document
from docx.oxml import parse_xml

from crawler.domain.errors import BadInput
from crawler.service.packing.blank_forms import FORMS, blank_form
from crawler.service.packing.filling import filled
from crawler.service.packing.paging import page_of
from crawler.service.packing.papers import NEEDED
from crawler.service.packing.printing import without_dates

VALUES = {"线索编号": "310118-JR-1", "主体": "云湖", "文件": [{"名": "a"}, {"名": "b"}]}


def a_template(*paragraphs: str, row: str = "") -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if row:
        document.add_table(rows=1, cols=1).rows[0].cells[0].text = row
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def words_of(content: bytes) -> list[str]:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [one.text for one in document.paragraphs] + cells


def test_placeholders_are_filled_and_rows_repeated() -> None:
    made = filled(a_template("编号 {{线索编号}}，{{ 主体 }}", row="{{文件.名}}"), "t.docx", VALUES)

    assert words_of(made) == ["编号 310118-JR-1，云湖", "a", "b"]


def test_a_placeholder_cut_over_runs_keeps_the_first_runs_look() -> None:
    document = Document()
    paragraph = document.add_paragraph()
    for piece in ("前{{线", "索编", "号}}后"):
        paragraph.add_run(piece).bold = piece.startswith("前")
    out = BytesIO()
    document.save(out)

    made = Document(BytesIO(filled(out.getvalue(), "t.docx", VALUES)))

    assert made.paragraphs[0].text == "前310118-JR-1后"
    assert made.paragraphs[0].runs[0].text == "前310118-JR-1"
    assert made.paragraphs[0].runs[0].bold


def test_what_is_filled_in_is_never_a_placeholder_or_markup() -> None:
    nasty = {"线索编号": "{{主体}}<w:p/>&\x00\ufffe", "主体": "秘密"}

    made = filled(a_template("{{线索编号}}"), "t.docx", nasty)

    assert words_of(made) == ["{{主体}}<w:p/>&��"]


@pytest.mark.parametrize("nasty", ["{{主体}}", "{{x}}", "{{文件.名}}", "{{", "{{{{主体}}}}"])
def test_what_a_site_writes_into_a_row_is_never_a_placeholder(nasty: str) -> None:
    values = {"主体": "秘密", "文件": [{"名": nasty}, {"名": "b"}]}

    made = filled(a_template("{{主体}}", row="{{文件.名}}，{{主体}}"), "t.docx", values)

    assert words_of(made) == ["秘密", f"{nasty}，秘密", "b，秘密"]


def test_a_merged_cell_is_filled_once() -> None:
    document = Document()
    cells = document.add_table(rows=1, cols=2).rows[0].cells
    cells[0].merge(cells[1]).text = "{{主体}}"
    out = BytesIO()
    document.save(out)

    made = filled(out.getvalue(), "t.docx", {"主体": "{{线索编号}}", "线索编号": "秘密"})

    assert set(words_of(made)) == {"{{线索编号}}"}


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("{{没有这个}}", "", "没有对应的内容"),
        ("{{文件}}", "", "没有对应的内容"),
        ("", "{{文件.没有}}", "没有对应的内容"),
        ("编号 {{线索编号", "", "不完整"),
        ("编号 线索编号}}", "", "不完整"),
        ("{{}}", "", "不完整"),
    ],
)
def test_a_broken_placeholder_is_named_with_its_template(text: str, row: str, said: str) -> None:
    with pytest.raises(BadInput, match=rf"模板 线索报告\.docx.*{said}"):
        filled(a_template(text, row=row), "线索报告.docx", VALUES)


def test_a_needed_placeholder_that_is_missing_is_named() -> None:
    with pytest.raises(BadInput, match=r"模板 t\.docx 缺少占位符 \{\{线索编号\}\}"):
        filled(a_template("{{主体}}"), "t.docx", VALUES, ["线索编号"])


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04rubbish"])
def test_what_is_no_word_document_is_told(content: bytes) -> None:
    with pytest.raises(BadInput, match="不是 Word 文档"):
        filled(content, "t.docx", VALUES)


def test_a_zip_that_is_no_word_document_is_told() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.txt", "x")

    with pytest.raises(BadInput, match="不是 Word 文档"):
        filled(out.getvalue(), "t.docx", VALUES)


def test_an_empty_list_leaves_one_row_with_a_dash() -> None:
    made = filled(a_template(row="{{文件.名}}"), "t.docx", VALUES | {"文件": []})

    assert words_of(made)[-1] == "—"


def test_the_same_values_make_the_same_bytes() -> None:
    template = a_template("{{线索编号}}")

    assert filled(template, "t", VALUES) == filled(template, "t", VALUES)


@pytest.mark.parametrize("name", FORMS)
def test_each_form_that_comes_with_the_program_has_what_it_needs(name: str) -> None:
    words = "\n".join(words_of(blank_form(name)))

    assert [one for one in NEEDED[name] if f"{{{{{one}}}}}" not in words] == []
    assert "违法行为" not in words


def test_a_filled_form_becomes_a_page_without_markup_of_others() -> None:
    template = a_template("{{主体}}")
    made = filled(template, "t", {"主体": "<script>alert(1)</script>"})

    page = page_of(made, "线索报告").decode()

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_pdf_loses_its_moment_and_keeps_its_length() -> None:
    pdf = b"x /CreationDate (D:20261125135544+00'00')\n/ModDate (D:20261125135544+00'00')>> y"

    plain = without_dates(pdf)

    assert len(plain) == len(pdf)
    assert b"2026" not in plain


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RUN = "<w:r><w:t>%s</w:t></w:r>"
PLACES = {
    "link": "<w:p><w:hyperlink>%s</w:hyperlink></w:p>",
    "control": "<w:sdt><w:sdtContent><w:p>%s</w:p></w:sdtContent></w:sdt>",
    "inserted": '<w:p><w:ins w:id="9" w:author="x">%s</w:ins></w:p>',
    "box": "<w:p><w:r><w:pict><w:txbxContent><w:p>%s</w:p></w:txbxContent></w:pict></w:r></w:p>",
}


def with_xml(xml: str) -> bytes:
    document = Document()
    made = parse_xml(f'<w:body xmlns:w="{WORD}">{xml}</w:body>')
    document.element.body[:0] = list(made)
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "{{主体}}"
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def all_words(content: bytes) -> str:
    with zipfile.ZipFile(BytesIO(content)) as parts:
        names = [name for name in parts.namelist() if name.endswith(".xml")]
        return "\n".join(parts.read(name).decode() for name in names)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_placeholder_is_filled_wherever_word_has_text(place: str) -> None:
    made = all_words(filled(with_xml(place % (RUN % "编号 {{线索编号}}")), "t.docx", VALUES))

    assert "编号 310118-JR-1" in made
    assert "{{" not in made
    assert "云湖" in made  # the first page's own header


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("wrong", ["{{没有这个}}", "{{线索编号", "{{文件.名}}"])
def test_a_wrong_placeholder_is_named_wherever_it_stands(place: str, wrong: str) -> None:
    with pytest.raises(BadInput, match=r"模板 t\.docx 的占位符"):
        filled(with_xml(place % (RUN % wrong)), "t.docx", VALUES)


def test_a_list_is_asked_to_stand_in_a_row() -> None:
    with pytest.raises(BadInput, match="须放在表格的一行里"):
        filled(a_template("{{文件.名}}"), "t.docx", VALUES)


def test_a_placeholder_where_nothing_can_be_filled_is_named() -> None:
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(a_template("{{主体}}"))) as parts,
        zipfile.ZipFile(out, "w") as new,
    ):
        for one in parts.infolist():
            content = parts.read(one)
            if one.filename == "docProps/app.xml":
                content = content.replace(
                    b"</Properties>", b"<Company>{{x}}</Company></Properties>"
                )
            new.writestr(one.filename, content)

    with pytest.raises(BadInput, match=r"不能放在 app\.xml 里"):
        filled(out.getvalue(), "t.docx", VALUES)
