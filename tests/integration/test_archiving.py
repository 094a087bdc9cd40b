"""Sealed evidence in S3 (moto's server on loopback): created once, checked, brought back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from crawler.domain.errors import BadInput, TryLater
from crawler.service.archiving import Archiver, archive, bring_back, objects_of
from crawler.service.minding import troubles
from crawler.service.sealing import settle_segments
from crawler.service.wiring import House, open_house
from crawler.store.archives import archived
from crawler.store.evidence import file_digest
from crawler.store.objects import Objects, ObjectSettings, OtherObject
from tests.builders import NOON
from tests.integration.console_seeds import seed_alert

BUCKET = "evidence"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str) -> Iterator[object]:
    client = boto3.client(
        "s3", endpoint_url=s3, region_name="us-east-1",
        aws_access_key_id="k", aws_secret_access_key="s",
    )  # fmt: skip
    client.create_bucket(Bucket=BUCKET)
    yield client
    for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()


@pytest.fixture
def house(s3: str, tmp_path: Path) -> Iterator[House]:
    opened = open_house(tmp_path)
    settings = f"""[store]
objects = "s3://{BUCKET}/xunwang"
objects_endpoint = "{s3}"
objects_access_key = "k"
objects_secret_key = "s"
"""
    opened.database.close()
    (tmp_path / "xunwang.toml").write_text(settings)
    opened = open_house(tmp_path)
    seed_alert(opened, "a.example.cn")
    settle_segments(opened.database, opened.evidence, NOON)
    yield opened
    opened.database.close()


def the_objects(house: House) -> Objects:
    made = objects_of(house)
    assert made is not None
    return made


def keys(bucket: object) -> list[str]:
    told = bucket.list_objects_v2(Bucket=BUCKET)  # type: ignore[attr-defined]
    return [one["Key"] for one in told.get("Contents", [])]


def test_sealed_segments_are_copied_once_and_what_is_lost_here_comes_back(
    house: House, bucket: object
) -> None:
    objects = the_objects(house)
    [segment] = house.evidence.glob("*.warc.gz")
    digest = file_digest(segment)

    assert archive(house, objects, NOON) == 1
    assert archive(house, objects, NOON) == 0
    assert keys(bucket) == [f"xunwang/{segment.name}"]
    assert objects.digest(segment.name) == digest

    segment.unlink()
    assert bring_back(house, objects) == 1
    assert file_digest(segment) == digest
    assert segment.stat().st_mode & 0o777 == 0o400


def test_an_object_is_never_overwritten(house: House, bucket: object) -> None:
    [segment] = house.evidence.glob("*.warc.gz")
    bucket.put_object(Bucket=BUCKET, Key=f"xunwang/{segment.name}", Body=b"other")  # type: ignore[attr-defined]

    with pytest.raises(BadInput, match="同名而内容不同"):
        archive(house, the_objects(house), NOON)

    assert the_objects(house).digest(segment.name) != file_digest(segment)
    with house.database.reading() as db:
        assert archived(db) == {}


def test_one_whose_name_is_taken_holds_up_no_other_and_is_told_to_a_person(
    house: House, bucket: object
) -> None:
    [taken] = house.evidence.glob("*.warc.gz")
    bucket.put_object(Bucket=BUCKET, Key=f"xunwang/{taken.name}", Body=b"other")  # type: ignore[attr-defined]
    seed_alert(house, "b.example.cn")
    settle_segments(house.database, house.evidence, NOON + timedelta(hours=1))

    with pytest.raises(OtherObject, match="同名而内容不同"):
        archive(house, the_objects(house), NOON, limit=1)

    assert len(keys(bucket)) == 2
    with house.database.reading() as db:
        assert taken.name not in archived(db)
        soon, later = NOON + timedelta(hours=5), NOON + timedelta(hours=7)
        assert "archive" not in dict(troubles(house, db, soon))
        assert "还没有另存" in dict(troubles(house, db, later))["archive"]


@pytest.mark.fault("D24")
def test_after_a_crash_between_object_and_row_the_same_object_is_taken(
    house: House, bucket: object
) -> None:
    [segment] = house.evidence.glob("*.warc.gz")
    the_objects(house).put(segment, file_digest(segment))  # and then the power went

    assert archive(house, the_objects(house), NOON) == 1


def test_what_was_changed_there_is_not_brought_back(house: House, bucket: object) -> None:
    archive(house, the_objects(house), NOON)
    [segment] = house.evidence.glob("*.warc.gz")
    bucket.put_object(Bucket=BUCKET, Key=f"xunwang/{segment.name}", Body=b"forged")  # type: ignore[attr-defined]
    segment.unlink()

    with pytest.raises(BadInput, match="摘要不符"):
        bring_back(house, the_objects(house))

    assert list(house.evidence.glob("*.warc.gz*")) == []


def test_a_segment_that_was_changed_here_is_not_archived(house: House, bucket: object) -> None:
    [segment] = house.evidence.glob("*.warc.gz")
    segment.chmod(0o600)
    segment.write_bytes(segment.read_bytes()[:-1])

    assert archive(house, the_objects(house), NOON) == 0
    assert keys(bucket) == []


@pytest.mark.fault("D24")
def test_a_store_that_is_away_or_has_no_bucket_is_one_line_and_nobody_waits(
    house: House, s3: str
) -> None:
    nowhere = Objects(
        ObjectSettings(
            url="s3://b", endpoint="http://127.0.0.1:1", access_key="k", secret_key="s", timeout_s=2
        )
    )
    with pytest.raises(TryLater, match="对象存储暂不可用"):
        nowhere.digest("x")
    assert "没有这个桶" in Archiver(house, lambda: 0.0).round(NOON)


def test_without_an_object_store_nothing_is_done(tmp_path: Path) -> None:
    opened = open_house(tmp_path)
    assert objects_of(opened) is None
    assert Archiver(opened, lambda: 0.0).round(NOON) == ""
    opened.database.close()
