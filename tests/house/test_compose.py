"""compose.yaml and the Dockerfile against the program: every command is one, every setting too."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from sqlalchemy import make_url
from typer.main import get_command

from crawler.config import Config, load_config
from crawler.service.cli import COMMANDS, app_of

ROOT = Path(__file__).parents[2]
READ_AT_THE_DOOR = {"XUNWANG_HOME", "XUNWANG_ACTOR"}
WANTED = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
OURS = ("app", "worker1", "worker2")


def example() -> dict[str, str]:
    lines = (ROOT / "deploy" / "compose.env.example").read_text("utf-8").splitlines()
    return dict(one.split("=", 1) for one in lines if one and not one.startswith("#"))


def filled(value: Any) -> Any:
    """As compose puts the variables in; KeyError where one that is needed is in no example."""
    given = example()

    def one(found: "re.Match[str]") -> str:
        name, kind, default = found.groups()
        return given.get(name, default) if kind == "-" else given[name]

    if isinstance(value, dict):
        return {key: filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    return WANTED.sub(one, value) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = filled(yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8")))
    return read


def unknown_command(words: list[str]) -> str:
    """What is wrong with a command line of ours, if anything is."""
    if words[0] not in COMMANDS:
        return f"no command {words[0]}"
    group: Any = get_command(app_of([words[0], "doctor"]))
    command = group.commands[words[0]]
    try:
        command.make_context(words[0], list(words[1:]), resilient_parsing=False)
    except Exception as refusal:  # noqa: BLE001 - whatever the parser says
        return f"{words}: {refusal}"
    return ""


def unknown_setting(name: str) -> str:
    """What is wrong with the name of a setting in the environment, if anything is."""
    if name in READ_AT_THE_DOOR:
        return ""
    kind: Any = Config
    for part in name.removeprefix("XUNWANG_").lower().split("__"):
        fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        if part not in fields:
            return f"no setting {name}"
        kind = fields[part].annotation
    return ""


@pytest.mark.parametrize("service", OURS)
def test_what_a_service_of_ours_runs_is_a_command(compose: dict[str, Any], service: str) -> None:
    assert unknown_command(compose["services"][service]["command"]) == ""


@pytest.mark.parametrize(
    "words", [["werk"], ["work", "--twice"], ["serve", "--port", "many"]], ids=" ".join
)
def test_what_is_no_command_would_be_seen(words: list[str]) -> None:
    assert unknown_command(words)


@pytest.mark.parametrize("service", OURS)
def test_its_settings_are_known_and_good(
    compose: dict[str, Any], service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = compose["services"][service]["environment"]
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    config = load_config(tmp_path)

    assert [unknown_setting(name) for name in given if unknown_setting(name)] == []
    hosts = {
        make_url(config.database_url).host,
        *re.findall(r"//([a-z]+):", config.search.elasticsearch + config.store.objects_endpoint),
    }
    assert hosts == {"database", "search", "objects"} <= compose["services"].keys()


@pytest.mark.parametrize("name", ["XUNWANG_STORE__DATABSE", "XUNWANG_SERACH", "XUNWANG_REGION__X"])
def test_what_is_no_setting_would_be_seen(name: str) -> None:
    assert unknown_setting(name) == f"no setting {name}"


def test_each_machine_of_ours_has_a_name_and_a_disk_of_its_own(compose: dict[str, Any]) -> None:
    machines = [compose["services"][one] for one in OURS]

    assert {one["hostname"] for one in machines} == set(OURS)
    assert {one["volumes"][0].split(":")[0] for one in machines} == set(OURS)
    assert all(one.get("deploy", {}).get("replicas", 1) == 1 for one in machines)


def test_what_is_mounted_and_waited_for_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        mounted = {one.split(":")[0] for one in service.get("volumes", ())}
        assert mounted <= compose["volumes"].keys(), name
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in compose["services"][other], (name, other)


def test_only_this_machine_reaches_what_is_published(compose: dict[str, Any]) -> None:
    ports = [one for service in compose["services"].values() for one in service.get("ports", ())]

    assert ports
    assert all(one.startswith("127.0.0.1:") for one in ports)


def test_the_image_has_a_browser_and_a_chinese_font_and_is_not_root() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = text.replace("\\\n", " ").splitlines()
    steps = [(word, rest) for word, _, rest in (one.partition(" ") for one in lines)]
    said = dict(steps)

    for package in ("chromium-headless-shell", "fonts-noto-cjk"):
        assert package in text
        assert package in (ROOT / "requirements" / "install").read_text("utf-8")
    assert said["USER"] == "xunwang"
    assert unknown_command(yaml.safe_load(said["CMD"])) == ""
    sources = [rest.split()[0] for word, rest in steps if word == "COPY"]
    assert all((ROOT / one).exists() for one in sources)
