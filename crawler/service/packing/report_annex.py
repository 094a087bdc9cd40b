"""The 线索报告 with what a pack has beside it: the pictures with their hits boxed, and the digests
of the evidence, on pages of their own behind the paper.
"""

from crawler.service.console.marks import marks_of
from crawler.service.packing.explaining import TEMPLATES, environment
from crawler.service.packing.gathering import Dossier
from crawler.service.packing.keepsakes import Keeping
from crawler.service.packing.paging import page_of
from crawler.service.packing.picturing import Pictures
from crawler.service.packing.recounting import Taken, file_rows

_STYLE = (TEMPLATES / "annex.css").read_text("utf-8")
_MOST_PICTURES, _MOST_FILES = 2, 40


def report_page(paper: bytes, of: Dossier, taken: Taken, keeping: Keeping) -> bytes:
    """One HTML document: the paper as it was filled, then its annex."""
    shown = of.veil.page(of.text) if of.text else None
    marks = marks_of(of.assessment, shown) if of.assessment and shown else ()
    pictures = Pictures(of.shots, keeping, of.text, marks)
    # the newest first: what was judged last is what the paper tells of
    shots = [one for one in reversed(of.shots) if one.capture.id in pictures][:_MOST_PICTURES]
    files = file_rows(taken.members)
    annex = environment(of.veil).get_template("report_annex.html").render(
        o=of, shots=shots, pictures=pictures, marks=marks, files=files[:_MOST_FILES],
        more=max(len(files) - _MOST_FILES, 0), root=taken.root, broken=keeping.broken,
    )  # fmt: skip
    return page_of(paper, "线索报告", annex, _STYLE)
