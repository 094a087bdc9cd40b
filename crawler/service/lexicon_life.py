"""Publishing a word list and taking it back, written down and audited; what officers' decisions say
of its words.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput, NotAllowed
from crawler.service.wiring import LEXICONS, House
from crawler.store.audit import note
from crawler.store.lexicons import Decided, decided_alerts, save_version, token_sets, words_hit
from lexicons.faring import Fared, Proposal, Reviewed, fared, never_hit, proposals
from lexicons.loading import load_lexicon
from lexicons.publishing import (
    Difference,
    Draft,
    Version,
    current,
    difference,
    kept_version,
    put_in_force,
    shelve,
)

MOST_TEXTS = 20_000  # texts that proposals are drawn from, the newest
MOST_PROPOSED = 100
LONGEST_NOTE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Faring:
    """What people's decisions say of the lists in force."""

    confirmed: int
    dismissed: int
    words: tuple[Fared, ...]  # category:word, weakest first
    rules: tuple[Fared, ...]
    never_hit: tuple[str, ...]
    proposals: tuple[Proposal, ...]


def folder_of(house: House, target: str) -> Path:
    """A folder, or a version by number; nothing means what is in force."""
    if not target:
        return house.lexicon
    if target.isdecimal():
        return (
            LEXICONS if int(target[:9]) == 0 else kept_version(house.shelf, int(target[:9])).folder
        )
    folder = Path(target)
    if not folder.is_dir():
        raise BadInput(f"{target} 不是词库目录，也不是版本号")
    return folder


def difference_to(house: House, folder: Path) -> Difference:
    """What a folder would change of what is in force."""
    return difference(load_lexicon(house.lexicon), load_lexicon(folder))


def publish_draft(
    house: House, folder: Path, author: str, text: str, approved_by: str, now: datetime
) -> Version:
    """Keep it as the next version, write it down with its audit entry, then put it in force."""
    draft = Draft(folder=folder, author=author, note=_note(text), approved_by=approved_by)
    before = current(house.shelf)
    try:
        version = shelve(draft, house.shelf, now)
    except NotAllowed as refused:
        with house.database.transaction() as db:
            note(db, _act(house, author, "lexicon.refused", 0, "", str(refused), now))
        raise
    with house.database.transaction() as db:
        save_version(db, version.number, version.digest, author=author, note=version.note, now=now)
        after = f"{version.digest} {version.note}"
        was = _name(before)
        note(db, _act(house, author, "lexicon.publish", version.number, was, after, now))
    put_in_force(version.folder, house.shelf)
    return version


def put_back(house: House, number: int, actor: str, text: str, now: datetime) -> None:
    """An earlier version in force again; 0 is the lists that came with the program."""
    if not text.strip():
        raise BadInput("须用 --note 写明为什么回退")
    before = current(house.shelf)
    if (before.number if before else 0) == number:
        raise BadInput(f"第 {number} 版词库正在启用" if number else "随程序的词库正在启用")
    folder = kept_version(house.shelf, number).folder if number else LEXICONS
    with house.database.transaction() as db:
        was = _name(before)
        note(db, _act(house, actor, "lexicon.rollback", number, was, _note(text), now))
    put_in_force(folder, house.shelf)


def feedback(house: House, region: str = "") -> Faring:
    """Precision a word and a rule, words that never hit, and new ones proposed."""
    lexicon = load_lexicon(house.lexicon)
    with house.database.reading() as db:
        decided = tuple(decided_alerts(db, region))
        hit = words_hit(db)
        confirmed_texts = {one.text_digest for one in decided if one.confirmed}
        cut = list(token_sets(db, MOST_TEXTS))
    confirmed = [tokens for digest, tokens in cut if digest in confirmed_texts]
    others = [tokens for digest, tokens in cut if digest not in confirmed_texts]
    known = {term.word for term in lexicon.terms}
    return Faring(
        confirmed=sum(one.confirmed for one in decided),
        dismissed=sum(not one.confirmed for one in decided),
        words=fared(_by_word(one) for one in decided),
        rules=fared(_by_rule(one) for one in decided),
        never_hit=never_hit((term.word for term in lexicon.terms if term.weight), hit),
        proposals=proposals(confirmed, others, known)[:MOST_PROPOSED],
    )


def _by_word(one: Decided) -> Reviewed:
    names = tuple(f"{category}:{word}" for category, word in one.words)
    misled = tuple(name for name in names if name.partition(":")[2] in one.misled_by)
    return Reviewed(confirmed=one.confirmed, names=names, misled_by=misled)


def _by_rule(one: Decided) -> Reviewed:
    misled = tuple(rule for rule in one.rules if rule in one.misled_by)
    return Reviewed(confirmed=one.confirmed, names=one.rules, misled_by=misled)


def _note(text: str) -> str:
    clean = " ".join(text.split())
    if not clean:
        raise BadInput("须用 --note 写明改了什么、为什么")
    return clean[:LONGEST_NOTE]


def _name(version: Version | None) -> str:
    return f"{version.number} {version.digest}" if version else "0"


def _act(
    house: House, actor: str, action: str, number: int, before: str, after: str, now: datetime
) -> Act:
    return Act(
        at=now, actor=actor, action=action, object=f"lexicon:{number}",
        region=house.config.region, before=before, after=after,
    )  # fmt: skip
