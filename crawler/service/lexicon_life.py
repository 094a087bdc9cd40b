"""Publishing a word list and taking it back, written down and audited; what officers' decisions say
of its words.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.user import Role
from crawler.service.holding import shelf_alone
from crawler.service.wiring import LEXICONS, House
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.lexicons import Decided, decided_alerts, save_version, token_sets, words_hit
from crawler.store.people import user_named
from lexicons.faring import Fared, Proposal, Reviewed, fared, never_hit, proposals
from lexicons.loading import load_lexicon, version_of
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
    house: House,
    folder: Path,
    author: str,
    text: str,
    approved_by: str,
    now: datetime,
    base: str = "",
) -> Version:
    """Keep it as the next version, write it down with its audit entry, then put it in force.

    `base` is the digest of the version it was made from: NotAllowed if another is in force by now.
    NotAllowed also without the consent that `review.lexicon_consent` asks for. What is not allowed
    stands in the audit trail under the name of whoever pressed for it.
    """
    draft = Draft(folder=folder, author=author, note=noted(text), approved_by=approved_by)
    presser = approved_by or author
    with shelf_alone(house.home):
        before = current(house.shelf)
        try:
            _agree(house, draft)
            _still_on(house, base)
            version = shelve(draft, house.shelf, now)
        except NotAllowed as refused:
            with house.database.transaction() as db:
                said = f"{refused}（{draft.note}）"
                note(db, act_on_lists(house, presser, "lexicon.refused", 0, "", said, now))
            raise
        with house.database.transaction() as db:
            save_version(
                db, version.number, version.digest, author=author, note=version.note, now=now
            )
            consent = f"（{author} 提出，{approved_by} 同意）" if approved_by else ""
            after, was = f"{version.digest} {version.note}{consent}", _name(before)
            number = version.number
            note(db, act_on_lists(house, presser, "lexicon.publish", number, was, after, now))
        put_in_force(version.folder, house.shelf)
    return version


def may_consent(db: Connection, name: str) -> bool:
    """Whether this name is that of a supervisor who may sign in."""
    user = user_named(db, name)
    return user is not None and not user.disabled and Role.SUPERVISOR in user.roles


def _agree(house: House, draft: Draft) -> None:
    if not draft.approved_by:
        if house.config.review.lexicon_consent:
            raise NotAllowed("发布词库须由另一人（主管）同意")
        return
    if draft.approved_by == draft.author:
        return  # `shelve` refuses that
    with house.database.reading() as db:
        if not may_consent(db, draft.approved_by):
            raise NotAllowed("同意发布词库的须是主管")


def _still_on(house: House, base: str) -> None:
    if base and base != version_of(house.lexicon):
        raise NotAllowed("此后词库已换了版本，请先并到启用版上再发布")


def put_back(house: House, number: int, actor: str, text: str, now: datetime) -> None:
    """An earlier version in force again; 0 is the lists that came with the program."""
    if not text.strip():
        raise BadInput("须写明为什么回退（命令行用 --note）")
    with shelf_alone(house.home):
        _put_back(house, number, actor, text, now)


def _put_back(house: House, number: int, actor: str, text: str, now: datetime) -> None:
    before = current(house.shelf)
    if (before.number if before else 0) == number:
        raise BadInput(f"第 {number} 版词库正在启用" if number else "随程序的词库正在启用")
    folder = kept_version(house.shelf, number).folder if number else LEXICONS
    with house.database.transaction() as db:
        was = _name(before)
        note(db, act_on_lists(house, actor, "lexicon.rollback", number, was, noted(text), now))
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


def noted(text: str) -> str:
    """What somebody says of a change, on one line; BadInput if they say nothing."""
    clean = " ".join(text.split())
    if not clean:
        raise BadInput("须写明改了什么、为什么（命令行用 --note）")
    return clean[:LONGEST_NOTE]


def _name(version: Version | None) -> str:
    return f"{version.number} {version.digest}" if version else "0"


def act_on_lists(
    house: House, actor: str, action: str, number: int, before: str, after: str, now: datetime
) -> Act:
    """An entry of the audit trail on a version of the word lists; 0 where there is none."""
    return Act(
        at=now, actor=actor, action=action, object=f"lexicon:{number}",
        region=house.config.region, before=before, after=after,
    )  # fmt: skip
