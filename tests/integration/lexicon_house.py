"""Small word lists that load fast, and sites that were judged by what is in force."""

import shutil
from pathlib import Path

import yaml
from sqlalchemy import insert

from crawler.domain.page import PageStructure
from crawler.domain.site import VisitState
from crawler.service.responding import Responder
from crawler.service.wiring import LEXICONS, House
from crawler.store.assessments import save_assessment
from crawler.store.captures import Kept, save_captures
from crawler.store.tables import sites, sweeps, visits
from crawler.store.texts import ReadText, save_texts
from crawler.store.visits import visits_by_id
from lexicons.documents import read_plain
from lexicons.judging import Judge
from lexicons.loading import load_lexicon
from tests.builders import NOON, a_capture, a_text

NEW_WORD, SECOND = "星盾分红通", "星盾收益宝"
QUIET = "星盾分红通，星盾收益宝，诚邀您加入，立即注册，扫码咨询客服。"
LOUD = "保本保息，预期年化收益率15.8%，100元起投，立即投资，邀请好友返现。"
PLAIN = "本公司生产各类轴承，欢迎来电咨询。"


def a_draft(folder: Path, *, words: str = f"    - {NEW_WORD}\n    - {SECOND}\n") -> Path:
    """A few of the program's lists, with a word more."""
    (folder / "terms").mkdir(parents=True)
    for name in ("contexts.yaml", "weights.yaml", "terms/principal_guarantee.yaml",
                 "terms/yield_promise.yaml", "terms/site_compromise.yaml"):  # fmt: skip
        shutil.copyfile(LEXICONS / name, folder / name)
    claims = read_plain(LEXICONS / "claims.yaml")["claims"]
    kept = [one for one in claims if (folder / "terms" / f"{one['category']}.yaml").exists()]
    (folder / "claims.yaml").write_text(yaml.safe_dump({"claims": kept}, allow_unicode=True))
    file = folder / "terms" / "yield_promise.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("  5:\n", f"  5:\n{words}", 1), "utf-8")
    return folder


_JUDGES: dict[str, Judge] = {}


def judge_in_force(house: House) -> Judge:
    """Loading one takes a second: the same lists are loaded once for all tests."""
    version = load_lexicon(house.lexicon).version
    if version not in _JUDGES:
        _JUDGES[version] = Judge(house.lexicon.resolve(), house.cache)
    return _JUDGES[version]


def seed(house: House, domain: str, body: str, region: str = "310118") -> int:
    """A site seen once and judged by what is in force; gives its visit."""
    text = a_text(body)
    judge = judge_in_force(house)
    with house.database.transaction() as db:
        site_id = db.execute(insert(sites).values(
            domain=domain, domain_shown=domain, region=region, unit_name="", site_name="",
            subject_kind="enterprise", main_licence="", service_licence="", state="watched",
            created_at=NOON, actor="test",
        ).returning(sites.c.id)).scalar_one()  # fmt: skip
        sweep_id = db.execute(insert(sweeps).values(
            selection="all", state="finished", render=False, actor="test", region=region,
            started_at=NOON, sites=1,
        ).returning(sweeps.c.id)).scalar_one()  # fmt: skip
        visit_id = int(db.execute(insert(visits).values(
            sweep_id=sweep_id, site_id=site_id, region=region, state=str(VisitState.CLOSED),
            outcome="seen",
        ).returning(visits.c.id)).scalar_one())  # fmt: skip
        capture = a_capture(
            id=f"01JV{visit_id:022d}", visit_id=visit_id, site_id=site_id, text_digest=text.digest
        )
        save_captures(db, [Kept(capture=capture, region=region)])
        tokens = judge.tokens(text)
        save_texts(db, [ReadText(text=text, structure=PageStructure(), tokens=tokens)], NOON)
        visit = visits_by_id(db, [visit_id])[0]
        assessment = judge.judge(visit, text, PageStructure(), NOON)
        save_assessment(db, assessment, site_id, region)
        Responder(endpoints=(), categories=judge.tools.lexicon.categories).respond(
            db, visit, assessment, NOON
        )
    return visit_id
