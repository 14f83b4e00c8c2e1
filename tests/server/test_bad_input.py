"""Bad input is met with the right status and a sentence; nothing breaks and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from tests.server.conftest import BASE, TestClient
from trivium.catalog import STUDIOS
from trivium.server.app import create_app
from trivium.server.problems import printable
from trivium.settings import Settings

PUT = "/api/v1/racing/rewards/mine"
TRAIN = "/api/v1/racing/trainings"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def app(data: Path) -> FastAPI:
    """One studio for all: whatever comes in, it must be whole for the next."""
    return create_app(Settings(data=data), STUDIOS)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=BASE) as signed_in:
        signed_in.get(f"/?token={app.state.access.token}")
        yield signed_in


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status and body["detail"] and body["hint"] and body["code"]
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[1,",
        b"nonsense",
        b'{"code": NaN}',
        b'{"code": "x", "n": Infinity}',
        b'{"code": -Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 60 + b"]" * 60,
        b'{"code": "\\ud800"}',
        b'{"code": "\xff"}',
        b'{"code": "a", "code": "b"}',
        b"1" * 5000,
        b'{"code": 1' + b"0" * 400 + b"}",
        b"null",
        b'"text"',
        b"[]",
    ],
)
def test_what_is_not_plain_json(client: TestClient, body: bytes) -> None:
    answer = client.put(PUT, content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    is_problem(answer, answer.status_code)
    assert client.get("/api/v1/runs").status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_kinds_of_content(client: TestClient, content_type: str) -> None:
    is_problem(client.put(PUT, content=b'{"code": "x"}', headers={"Content-Type": content_type}), 422)


def test_an_unknown_setting_names_the_nearest_right_one(client: TestClient) -> None:
    config = {"lrr": 0.1, "car": {"stering_count": 3}}
    body = is_problem(client.post(TRAIN, json={"reward_code": "x", "config": config}), 422)
    told = {error["field"]: error["message"] for error in body["errors"]}
    assert "'lr'" in told["config.lrr"]
    assert "'steering_count'" in told["config.car.stering_count"]


def test_a_setting_out_of_range_is_named(client: TestClient) -> None:
    body = is_problem(client.post(TRAIN, json={"reward_code": "x", "config": {"discount_factor": 2}}), 422)
    assert [error["field"] for error in body["errors"]] == ["config.discount_factor"]


@pytest.mark.parametrize("extra", [{"owner_id": 1}, {"id": "x"}, {"entry": "os:system"}, {"inputs": {}}])
def test_no_field_beyond_the_contract_is_taken(client: TestClient, extra: dict[str, Any]) -> None:
    is_problem(client.post(TRAIN, json={"reward_code": "x", **extra}), 422)


@pytest.mark.parametrize("seed", [-1, 2**31, 10**400, 1.5, "one", None, True])
def test_seeds_that_do_not_fit(client: TestClient, seed: Any) -> None:
    answer = client.post(TRAIN, json={"reward_code": "x", "seed": seed, "track": "nowhere"})
    is_problem(answer, 404 if seed is True else 422)


@pytest.mark.parametrize("track", ["nowhere", "../x", "/etc/passwd", "oval.npy", "a/b", "\x00", "CON", "é"])
def test_a_track_is_an_id_and_never_a_path(client: TestClient, track: str) -> None:
    is_problem(client.post(TRAIN, json={"reward_code": "x", "track": track}), 404)
    is_problem(client.post(TRAIN, json={"reward_code": "x", "config": {"track": track}}), 404)
    assert client.get("/api/v1/runs").json()["items"] == []


def test_bodies_over_the_cap_are_refused_before_they_are_read(client: TestClient) -> None:
    is_problem(client.put(PUT, json={"code": "x" * 1_100_000}), 413)
    is_problem(
        client.put(PUT, content=b"{}", headers={**JSON, "Content-Length": "99999999999999999999999"}), 413
    )
    is_problem(client.put(PUT, content=b"x" * 1_100_000), 413)  # no JSON, and no route for files


def test_the_routes_for_files_take_as_much_as_they_say(client: TestClient) -> None:
    for address in ("tracks", "tracks:preview"):
        path = f"/api/v1/racing/{address}"
        body = client.app.openapi()["paths"][path]["post"]["requestBody"]["content"]
        cap_bytes = body["application/octet-stream"]["schema"]["maxLength"]
        assert cap_bytes > 1_000_000
        is_problem(client.post(f"{path}?name=a", content=b"0" * cap_bytes), 422)  # read, and no track
        is_problem(client.post(f"{path}?name=a", content=b"0" * (cap_bytes + 1)), 413)


def test_a_body_that_grows_while_it_streams_is_cut_off(client: TestClient, data: Path) -> None:
    def endless() -> Any:
        for _ in range(200):
            yield b"0" * 100_000

    is_problem(client.post("/api/v1/racing/tracks?name=a", content=endless()), 413)
    is_problem(client.post("/api/v1/racing/tracks:preview?name=a", content=endless()), 413)
    is_problem(client.put(PUT, content=endless(), headers=JSON), 413)
    assert [path for path in (data / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_addresses_that_are_not_there(client: TestClient, method: str) -> None:
    answer = client.request(method, "/api/v1/nothing")
    is_problem(answer, 404 if method == "GET" else 405)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/runs", "GET"),
        ("POST", "/runs/x", "DELETE, GET, PATCH"),
        ("PATCH", "/racing/tracks", "GET, POST"),
    ],
)
def test_methods_that_are_not_taken(client: TestClient, method: str, path: str, allowed: str) -> None:
    answer = client.request(method, f"/api/v1{path}")
    is_problem(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("run_id", ["x", "0" * 64, "..%2f..", "%00", "a%20b", "%F0%9F%98%80"])
def test_runs_that_are_not_there(client: TestClient, run_id: str) -> None:
    for method, rest in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/stop"),
        ("POST", "/resume"),
        ("POST", "/clone"),
        ("GET", "/metrics"),
        ("GET", "/events"),
        ("GET", "/files"),
        ("GET", "/files/spec.json"),
    ):
        answer = client.request(method, f"/api/v1/runs/{run_id}{rest}")
        assert 400 <= answer.status_code < 500, (method, rest)
        is_problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=99999", "limit=1e400", "cursor=" + "x" * 100, "limit=1&limit=0"]
)
def test_pages_of_runs_that_do_not_fit(client: TestClient, query: str) -> None:
    is_problem(client.get(f"/api/v1/runs?{query}"), 422)


def test_a_foreseen_error_is_a_sentence_and_an_unforeseen_one_too(
    app: FastAPI, client: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(app.state.index, "page", broken)
    answer = client.get("/api/v1/runs")
    is_problem(answer, 500)
    assert "secret" not in answer.text
    assert "secret detail" in (data / "logs" / "server.log").read_text()


def test_half_characters_never_reach_the_wire() -> None:
    assert printable("a\ud800b").encode("utf-8")
