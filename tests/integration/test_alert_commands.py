"""What a person does to an alert at a terminal."""

from pathlib import Path

from sqlalchemy import update

from crawler.domain.alert import AlertState
from crawler.service.wiring import open_house
from crawler.store.alerts import alert_of
from crawler.store.tables import alerts
from tests.integration.packing_house import a_house, seed_case
from tests.serving_house import told


def test_what_was_confirmed_by_mistake_is_opened_again_with_a_reason(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    seeded = seed_case(house, "a.example.cn")
    with house.database.transaction() as db:
        db.execute(update(alerts).values(state=str(AlertState.CONFIRMED)))
    house.database.close()
    number = str(seeded.alert_id)

    twice = told(tmp_path, "confirm", number)
    bare = told(tmp_path, "reopen", number, "--reason", " ")
    done = told(tmp_path, "reopen", number, "--reason", "误立")

    assert "可重新打开" in twice.err
    assert "须写明理由" in bare.err
    assert done.code == 0
    assert "待核实" in done.out
    again = open_house(tmp_path)
    with again.database.reading() as db:
        alert = alert_of(db, seeded.alert_id)
    again.database.close()
    assert alert is not None
    assert alert.state is AlertState.OPEN
