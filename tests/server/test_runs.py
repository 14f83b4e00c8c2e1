"""A run's whole life over the API, with a real runner: made, started, watched, stopped, resumed, cloned, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from tests.server.conftest import TestClient, wait_for
from trivium.core import jobs
from trivium.core.runfolder import rename

RUNS = "/api/v1/runs"


def until(client: TestClient, run_id: str, *states: str) -> dict[str, Any]:
    found = wait_for(
        lambda: (run := client.get(f"{RUNS}/{run_id}").json())["state"] in states and run,
        f"{run_id} to be {states}",
    )
    assert isinstance(found, dict)
    return found


def test_a_run_from_start_to_end(client: TestClient, toy_run: Callable[..., str]) -> None:
    run_id = toy_run(steps=20)
    assert client.get(f"{RUNS}/{run_id}").json()["state"] == "queued"
    assert client.post(f"{RUNS}/{run_id}/start").json()["state"] in ("starting", "running")
    ended = until(client, run_id, "succeeded", "failed")
    assert (ended["state"], ended["step"], ended["progress"], ended["kind"]) == (
        "succeeded",
        20,
        1.0,
        "train",
    )
    assert ended["best"]["metric"] == "loss"
    rows = wait_for(
        lambda: (m := client.get(f"{RUNS}/{run_id}/metrics").json()["rows"]) and len(m["loss"]) == 20 and m,
        "all metrics",
    )
    assert [step for step, _ in rows["loss"]] == list(range(1, 21))
    since = client.get(f"{RUNS}/{run_id}/metrics?since_step=15").json()
    assert since["keys"] == ["loss"] and [step for step, _ in since["rows"]["loss"]] == [16, 17, 18, 19, 20]
    events = client.get(f"{RUNS}/{run_id}/events?kind=state").json()["items"]
    assert [event["state"] for event in events][-1] == "succeeded"
    assert client.post(f"{RUNS}/{run_id}/resume").json()["code"] == "run_not_resumable"


def test_stop_answers_at_once_and_resume_goes_on(client: TestClient, toy_run: Callable[..., str]) -> None:
    run_id = toy_run(steps=100_000, pause_s=0.01)
    client.post(f"{RUNS}/{run_id}/start")
    wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["step"] > 3, "some steps")
    assert client.delete(f"{RUNS}/{run_id}").json()["code"] == "run_active"
    assert client.post(f"{RUNS}/{run_id}/start").json()["code"] == "run_active"
    assert client.post(f"{RUNS}/{run_id}/stop").json()["state"] == "stopping"
    stopped = until(client, run_id, "stopped")
    assert stopped["reason"] == "stopped_by_user" and stopped["hint"]
    assert client.post(f"{RUNS}/{run_id}/stop").status_code == 409
    client.post(f"{RUNS}/{run_id}/resume")
    wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["step"] > stopped["step"], "the run to go on")
    steps = [step for step, _ in client.get(f"{RUNS}/{run_id}/metrics").json()["rows"]["loss"]]
    assert steps == sorted(set(steps))


def test_clone_rename_delete(client: TestClient, toy_run: Callable[..., str], data: Path) -> None:
    run_id = toy_run("first", steps=1)
    clone = client.post(f"{RUNS}/{run_id}/clone")
    assert clone.status_code == 201
    assert (clone.json()["name"], clone.json()["parent"], clone.json()["state"]) == (
        "first 2",
        run_id,
        "queued",
    )
    taken = client.patch(f"{RUNS}/{run_id}", json={"name": "First 2"})
    assert taken.status_code == 409 and "First 2 2" in taken.json()["hint"]
    assert client.patch(f"{RUNS}/{run_id}", json={"name": " better "}).json()["name"] == "better"
    assert client.delete(f"{RUNS}/{clone.json()['id']}").status_code == 204
    assert client.get(f"{RUNS}/{clone.json()['id']}").status_code == 404
    assert [path.name for path in (data / "runs").iterdir()] == [run_id]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x00", "x" * 101])
def test_names_that_are_none(client: TestClient, toy_run: Callable[..., str], name: str) -> None:
    run_id = toy_run()
    assert client.patch(f"{RUNS}/{run_id}", json={"name": name}).status_code == 422


@pytest.mark.parametrize(
    "name", ["</script><b>", "Ünïcödé 🏁", "'; drop table runs; --", "../../x", "\u202eabc"]
)
def test_names_may_be_odd(client: TestClient, toy_run: Callable[..., str], name: str) -> None:
    run_id = toy_run()
    assert client.patch(f"{RUNS}/{run_id}", json={"name": name}).json()["name"] == name


def test_pages_of_runs(client: TestClient, toy_run: Callable[..., str]) -> None:
    ids = sorted((toy_run(f"run {n}") for n in range(5)), reverse=True)
    wait_for(lambda: len(client.get(RUNS).json()["items"]) == 5, "five runs")
    first = client.get(f"{RUNS}?limit=3").json()
    second = client.get(f"{RUNS}?limit=3&cursor={first['next']}").json()
    assert [run["id"] for run in first["items"] + second["items"]] == ids
    assert second["next"] is None
    assert client.get(f"{RUNS}?studio=racing").json()["items"] == []
    assert len(client.get(f"{RUNS}?studio=toy&kind=train").json()["items"]) == 5


def test_comparing(client: TestClient, toy_run: Callable[..., str]) -> None:
    a, b = toy_run("a", steps=2), toy_run("b", steps=2)
    both = client.get(f"{RUNS}/compare?ids={a},{b},{a}").json()
    assert [run["name"] for run in both["runs"]] == ["a", "b"] and set(both["metrics"]) == {a, b}
    assert client.get(f"{RUNS}/compare?ids=").status_code == 422
    assert client.get(f"{RUNS}/compare?ids={a},nothing").status_code == 404


def test_files_stay_inside_the_run(client: TestClient, toy_run: Callable[..., str], data: Path) -> None:
    run_id = toy_run()
    folder = data / "runs" / run_id
    (folder / "out").mkdir()
    (folder / "out" / "report.html").write_text("<script>alert(1)</script>")
    (folder / "out" / "leak").symlink_to(data / "trivium.db")
    listed = {file["path"] for file in client.get(f"{RUNS}/{run_id}/files").json()}
    assert {"spec.json", "status.json", "out/report.html"} <= listed and "out/leak" not in listed
    answer = client.get(f"{RUNS}/{run_id}/files/out/report.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "sandbox"
    for path in (
        "..%2f..%2ftrivium.db",
        "%2e%2e/%2e%2e/trivium.db",
        "..%252f..%252ftrivium.db",
        "/etc/passwd",
        "..\\..\\trivium.db",
        "%00",
        "out",
        "out/leak",
        "C:%5Cx",
        "lock",
        "x" * 5000,
    ):
        assert client.get(f"{RUNS}/{run_id}/files/{path}").status_code == 404, path


def test_films_can_be_fetched_in_parts(client: TestClient, toy_run: Callable[..., str], data: Path) -> None:
    run_id = toy_run()
    (data / "runs" / run_id / "out").mkdir()
    (data / "runs" / run_id / "out" / "drive.mp4").write_bytes(bytes(range(100)))
    answer = client.get(f"{RUNS}/{run_id}/files/out/drive.mp4", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, bytes(range(10, 20)))
    assert answer.headers["content-disposition"].startswith("inline")


def test_a_full_machine_queues_and_goes_on(
    app: FastAPI, client: TestClient, toy_run: Callable[..., str]
) -> None:
    app.state.index.max_active = 1
    first, second, third = (toy_run(f"run {n}", steps=100_000, pause_s=0.01) for n in range(3))
    for run_id in (first, second, third):
        client.post(f"{RUNS}/{run_id}/start")
    assert [client.get(f"{RUNS}/{run_id}").json()["state"] for run_id in (second, third)] == [
        "queued",
        "queued",
    ]
    assert client.post(f"{RUNS}/{second}/stop").json()["state"] == "stopped"
    client.post(f"{RUNS}/{first}/stop")
    until(client, third, "starting", "running")


def test_what_learners_code_writes_into_its_folder_breaks_nothing(
    client: TestClient, toy_run: Callable[..., str], data: Path
) -> None:
    run_id = toy_run()
    folder = data / "runs" / run_id
    lines = [
        '{"id": 1, "t": 0, "kind": "metric", "step": 1, "values": {"a": NaN}}',
        "nonsense",
        "[]",
        '{"id": 2}',
        '{"id": 3, "t": 0, "kind": "log", "level": "print", "step": 1, "message": "\\ud800</script>"}',
        '{"id": 4, "t": 0, "kind": "metric", "step": 1e400, "values": {}}',
        '{"id": 1' + "0" * 30 + "}",
        '{"id": 5, "t": 0, "kind": "metric", "step": 2, "values": {"a": null, "b": 1.5}}',
        json.dumps({"id": 6, "t": 0, "kind": "sample", "name": "x" * 500, "data": {"deep": [[[]]]}}),
    ]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "status.json").write_text('{"state": "running", "progress": "lots", "best": 7, "pid": 1}')
    events = wait_for(
        lambda: (e := client.get(f"{RUNS}/{run_id}/events").json()["items"]) and len(e) >= 3 and e, "events"
    )
    assert [event["id"] for event in events if event["kind"] != "state"] == [3, 5, 6]
    assert client.get(f"{RUNS}/{run_id}/metrics").json()["rows"] == {"a": [[2, None]], "b": [[2, 1.5]]}
    assert client.get(f"{RUNS}/{run_id}").status_code == 200
    assert client.get(RUNS).status_code == 200


def test_a_run_deleted_by_hand_disappears(
    client: TestClient, toy_run: Callable[..., str], data: Path
) -> None:
    run_id = toy_run()
    jobs.delete(data / "runs" / run_id)
    wait_for(lambda: client.get(f"{RUNS}/{run_id}").status_code == 404, "the run to be forgotten")


def test_a_run_made_by_the_command_line_is_found(
    client: TestClient, made_elsewhere: Callable[..., str]
) -> None:
    run_id = made_elsewhere("from a terminal")
    wait_for(lambda: client.get(f"{RUNS}/{run_id}").status_code == 200, "the server to find the run")


def test_a_run_renamed_by_the_command_line_is_shown_so(
    client: TestClient, toy_run: Callable[..., str], data: Path
) -> None:
    run_id = toy_run("first")
    rename(data / "runs" / run_id, "from a terminal", [])
    wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["name"] == "from a terminal", "the new name")
