"""A filing list goes in; what is risky warns, what is innocent does not, and the sum adds up."""

import json
import re
import shutil
from pathlib import Path

import pytest

from crawler.domain.assessment import Level, at_least
from tests.journey.conftest import Installation

pytestmark = pytest.mark.slow
TRUTH = {
    row["domain"]: row
    for row in map(json.loads, Path("tests/site/truth.jsonl").read_text("utf-8").splitlines())
}


def test_every_site_ends_as_it_must(swept: Installation) -> None:
    lines = swept.lines("sites", "--jsonl")

    ended = {line["domain"]: line["outcome"] for line in lines}

    assert ended == {domain: row["outcome"] for domain, row in TRUTH.items()}


def test_every_risky_site_is_found_and_no_innocent_one(swept: Installation) -> None:
    lines = swept.lines("sites", "--jsonl")

    flagged = {one["domain"] for one in lines if at_least(Level(one["level"]), Level.YELLOW)}

    # a page that only a browser can read is found only where there is one
    drawn = any(line["rendered"] for line in lines)
    risky = {d for d, row in TRUTH.items() if row["label"] == "risk"}
    wanted = {d for d in risky if drawn or not TRUTH[d].get("browser")}
    assert wanted - flagged == set()
    assert flagged & {d for d, row in TRUTH.items() if row["label"] == "benign"} == set()


def test_the_summary_adds_up(swept: Installation) -> None:
    done = swept.run("sweep", "--site", "puhaibank-demo.com", "--site", "jujue-demo.cn", "--json")

    summary = json.loads(done.stdout)

    assert summary["sites"] == sum(summary["outcomes"].values()) == 2
    assert summary["outcomes"] == {"seen": 1, "connection_refused": 1}


def test_the_evidence_verifies_and_one_flipped_byte_names_its_capture(
    swept: Installation, tmp_path: Path
) -> None:
    clean = swept.run("verify")
    copy = tmp_path / "home"
    shutil.copytree(swept.home, copy)
    capture, manifest = swept.ask(
        "select id, manifest from captures where body_sha256 = '' and outcome = 'seen'"
    )[0]
    record = json.loads(manifest)["evidence"][0]
    segment = copy / "evidence" / record["segment"]
    segment.chmod(0o600)
    content = bytearray(segment.read_bytes())
    content[record["offset"] + record["length"] // 2] ^= 1
    segment.write_bytes(content)

    broken = Installation(home=copy).run("verify")

    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert broken.returncode == 1
    assert capture in broken.stderr


def test_what_a_sweep_kept_is_sealed_at_its_end(swept: Installation) -> None:
    rows = swept.ask("select name, sealed_at from segments")
    modes = {one.stat().st_mode & 0o777 for one in (swept.home / "evidence").glob("*.warc.gz")}

    assert rows
    assert all(sealed for _, sealed in rows)
    assert modes == {0o400}


def test_warnings_leave_signed_marked_unverified_and_once(swept: Installation) -> None:
    kept = (swept.home / "received.jsonl").read_text("utf-8").splitlines()

    events = [json.loads(line) for line in kept]

    assert events
    opened = [one for one in events if "alert.opened" in json.dumps(one)]
    text = json.dumps(events, ensure_ascii=False)
    assert "未经人工核实" in text
    ids = re.findall(r'"event_id": ?"(\w{26})"', text.replace('\\"', '"'))
    assert len(ids) == len(set(ids)) > 0
    assert opened


def test_a_confirmed_alert_becomes_a_task_that_is_delivered(swept: Installation) -> None:
    alerts = json.loads(swept.run("alerts", "list", "--json").stdout)
    number = str(alerts[0]["id"])

    confirmed = swept.run("confirm", number, "--reason", "属实")
    again = swept.run("confirm", number)
    task = next(
        one
        for one in json.loads(swept.run("tasks", "list", "--json").stdout)
        if one["state"] == "drafted"
    )
    own = swept.run("tasks", "approve", task["number"])
    approved = swept.run("tasks", "approve", task["number"], actor="supervisor")
    delivered = swept.run("deliver")

    assert confirmed.returncode == 0, confirmed.stderr
    assert again.returncode == 4  # somebody decided already
    assert own.returncode == 4  # never one's own
    assert approved.returncode == 0, approved.stderr
    assert delivered.returncode == 0
    assert task["number"] in (swept.home / "received.jsonl").read_text("utf-8")


@pytest.mark.parametrize("words", ["保本", "年化", "质押"])
def test_two_character_words_are_found(swept: Installation, words: str) -> None:
    result = json.loads(swept.run("search", words, "--json").stdout)

    assert result["total"] > 0
    assert all(one["snippet"]["marks"] for one in result["answers"])


@pytest.mark.fault("C10")
@pytest.mark.parametrize("words", ["' OR 1=1 --", "保本 非"])
def test_hostile_questions_are_answered_in_peace(swept: Installation, words: str) -> None:
    done = swept.run("search", words)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.fault("C10")
def test_a_question_without_end_is_refused_in_one_line(swept: Installation) -> None:
    done = swept.run("search", "a" * 10_000)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "检索词至多 500 字，这里有 10000 字"
