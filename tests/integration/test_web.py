"""One port: the API under its path, the console everywhere else."""

from pathlib import Path

from crawler.service.api.app import PATH
from crawler.service.web import web_app
from crawler.service.wiring import open_house
from tests.integration.api_house import Program, served
from tests.integration.console_house import Visitor


def test_the_api_and_the_console_answer_on_one_port(tmp_path: Path) -> None:
    house = open_house(tmp_path)
    with served(web_app(house)) as port:
        described = Program(port).get("/openapi.json")
        refused = Program(port).get("/status")
        door = Visitor(port).get("/sign-in")
        nothing = Visitor(port).get("/openapi.json")
    house.database.close()

    assert described.json["servers"] == [{"url": PATH}]
    assert (refused.status, refused.json["code"]) == (401, "no_token")
    assert door.status == 200
    assert nothing.status == 404
