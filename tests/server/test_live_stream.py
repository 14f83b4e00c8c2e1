"""The live stream and the server's own life, with the real server in a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.server.conftest import SERVE, ServerProcess, wait_for
from trivium.core import jobs
from trivium.server.up import is_trivium

RUNS = "/api/v1/runs"
STREAM = "/api/v1/events"


def messages(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Server-Sent Events as a browser reads them."""
    message: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line:
            if message:
                yield message
            message = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            message[name] = value


def listen(
    client: httpx.Client, count: int, last_id: str | None = None, query: str = ""
) -> list[dict[str, str]]:
    """The first messages of a new stream."""
    headers = {"Last-Event-ID": last_id} if last_id is not None else {}
    found: list[dict[str, str]] = []
    with client.stream("GET", STREAM + query, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for message in messages(answer):
            found.append(message)
            if len(found) == count:
                break
    return found


def start_run(client: httpx.Client, run_id: str) -> None:
    wait_for(lambda: client.get(f"{RUNS}/{run_id}").status_code == 200, "the server to find the run")
    assert client.post(f"{RUNS}/{run_id}/start").status_code == 200


def test_events_arrive_and_a_lost_connection_is_told_the_gap(
    server: ServerProcess, made_elsewhere: Callable[..., str]
) -> None:
    run_id = made_elsewhere(steps=100_000, pause_s=0.02)
    with server.start() as client:
        start_run(client, run_id)
        told = [m for m in listen(client, 12) if "event" in m]
        data = [json.loads(message["data"]) for message in told]
        assert all(
            event["run"] == run_id and event["kind"] == message["event"]
            for event, message in zip(data, told, strict=True)
        )
        metrics = [event for event in data if event["kind"] == "metric"]
        assert metrics and all(isinstance(event["values"]["loss"], float) for event in metrics)
        ids = [int(message["id"]) for message in told]
        assert ids == sorted(set(ids))

        wait_for(lambda: newest(client) > ids[-1] + 3, "more events")
        missed = [m for m in listen(client, 6, str(ids[0])) if "event" in m]
        again = [int(message["id"]) for message in missed]
        assert again[: len(ids) - 1] == ids[1:][: len(again)]
        assert again == list(range(again[0], again[0] + len(again)))


def newest(client: httpx.Client) -> int:
    """Where a stream would go on: the second message of one is only an id."""
    return int(listen(client, 2)[1]["id"])


def test_a_last_event_id_that_means_nothing_is_answered_by_reset(server: ServerProcess) -> None:
    with server.start() as client:
        for last_id in ("999999999", "garbage", "-1", "1e3", "9" * 40, "٣"):
            found = listen_bytes(client, last_id)
            assert found["event"] == "reset" and json.loads(found["data"])["kind"] == "reset", last_id


def listen_bytes(client: httpx.Client, last_id: str) -> dict[str, str]:
    headers = [(b"Last-Event-ID", last_id.encode())]
    with client.stream("GET", STREAM, headers=headers) as answer:
        return next(message for message in messages(answer) if "event" in message)


def test_one_run_can_be_followed_alone(server: ServerProcess, made_elsewhere: Callable[..., str]) -> None:
    one, other = (made_elsewhere(name, steps=100_000, pause_s=0.05) for name in ("one", "other"))
    with server.start() as client:
        start_run(client, one)
        start_run(client, other)
        told = [m for m in listen(client, 8, query=f"?run={other}") if "event" in m]
        assert {json.loads(message["data"])["run"] for message in told} == {other}


@pytest.mark.chaos
def test_a_killed_server_finds_its_run_again(
    server: ServerProcess, made_elsewhere: Callable[..., str], data: Path
) -> None:
    run_id = made_elsewhere(steps=100_000, pause_s=0.01)
    with server.start() as client:
        cookies = dict(client.cookies)
        start_run(client, run_id)
        wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["step"] > 5, "some steps")
        last_id = newest(client)
    pid = jobs.status(data / "runs" / run_id).pid
    server.end(signal.SIGKILL)
    step = jobs.status(data / "runs" / run_id).step
    wait_for(
        lambda: jobs.status(data / "runs" / run_id).step > step + 5, "the run to go on without the server"
    )
    with server.start() as client:
        client.cookies.clear()
        client.cookies.update(cookies)
        found = client.get(f"{RUNS}/{run_id}").json()  # with the old cookie: open tabs stay signed in
        assert found["state"] == "running" and jobs.status(data / "runs" / run_id).pid == pid
        missed = [m for m in listen(client, 4, str(last_id)) if "event" in m]
        assert int(missed[0]["id"]) == last_id + 1
        rows = wait_for(
            lambda: (
                (m := client.get(f"{RUNS}/{run_id}/metrics").json()["rows"]["loss"])
                and m[-1][0] > step + 5
                and m
            ),
            "the metrics of the time between",
        )
        assert [s for s, _ in rows] == list(range(1, len(rows) + 1))


@pytest.mark.chaos
def test_a_run_that_died_with_the_server_is_interrupted(
    server: ServerProcess, data: Path, made_elsewhere: Callable[..., str]
) -> None:
    run_id = made_elsewhere(steps=100_000, pause_s=0.01)
    with server.start() as client:
        start_run(client, run_id)
        wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["step"] > 5, "some steps")
    server.end(signal.SIGKILL)
    jobs.kill(data / "runs" / run_id)
    with server.start() as client:
        found = wait_for(
            lambda: (r := client.get(f"{RUNS}/{run_id}").json())["state"] == "interrupted" and r,
            "the run to be settled",
        )
        assert found["reason"] == "node_lost" and found["hint"]
        assert client.post(f"{RUNS}/{run_id}/resume").status_code == 200
        wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["state"] == "running", "the run to go on")


def test_it_stops_with_a_stream_open_and_the_run_goes_on(
    server: ServerProcess, data: Path, made_elsewhere: Callable[..., str]
) -> None:
    run_id = made_elsewhere(steps=100_000, pause_s=0.05)
    ended = threading.Event()

    def follow(client: httpx.Client) -> None:
        try:
            listen(client, 1_000_000)
        except httpx.HTTPError:
            pass
        finally:
            ended.set()

    with server.start() as client:
        start_run(client, run_id)
        wait_for(lambda: client.get(f"{RUNS}/{run_id}").json()["state"] == "running", "the run to run")
        thread = threading.Thread(target=follow, args=(client,), daemon=True)
        thread.start()
        wait_for(lambda: newest(client) > 0, "events")
        server.end(signal.SIGTERM, timeout_s=10)
        assert ended.wait(10)
        thread.join(10)
    assert not (data / "server.json").exists()
    assert jobs.is_alive(data / "runs" / run_id)


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:  # who never answers: more would be a matter of time
        port = somebody.getsockname()[1]
        said = refusal(tmp_path, port)
        assert f"Port {port} is in use by another program" in said and f"--port {port + 1}" in said
        assert "Traceback" not in said and len(said.splitlines()) == 1


def test_a_second_studio_over_the_same_data_is_told_where_the_first_one_is(server: ServerProcess) -> None:
    with server.start():
        assert is_trivium("127.0.0.1", server.port, timeout_s=60)
        said = refusal(server.data, 0)
        assert "already running" in said and server.link in said and "--port 8480" in said
        assert "Traceback" not in said and len(said.splitlines()) == 1


def refusal(data: Path, port: int) -> str:
    """All that a studio says that cannot start; there is no deadline but the test's own."""
    done = subprocess.run([sys.executable, "-c", SERVE, str(data), str(port)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 1
    return done.stdout


def test_what_belongs_to_the_server_alone_is_private(server: ServerProcess, data: Path) -> None:
    with server.start() as client:
        note: dict[str, Any] = json.loads((data / "server.json").read_text())
        assert (note["url"], note["link"]) == (server.base, server.link)
        assert (data / "server.json").stat().st_mode & 0o077 == 0
        assert client.get("/healthz").headers.get("server") is None


def test_the_live_view_over_a_real_connection(
    server: ServerProcess, data: Path, made_elsewhere: Callable[..., str]
) -> None:
    run_id = made_elsewhere(steps=100_000, pause_s=0.05)
    picture = b"TRVL" + (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + bytes(84)
    with server.start() as client:
        start_run(client, run_id)
        (data / "runs" / run_id / "live.bin").write_bytes(picture)
        address = f"ws://127.0.0.1:{server.port}/api/v1/runs/{run_id}/live"
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        with connect(address, additional_headers={"Cookie": cookie}, origin=Origin(server.base)) as socket:
            assert socket.recv(20) == picture
            socket.send('{"focus_car": 1}')
            wait_for((data / "runs" / run_id / "control.json").exists, "the wish")
        for headers, origin, status in (
            ({}, server.base, 401),
            ({"Cookie": cookie}, "http://evil.example", 403),
        ):
            with pytest.raises(InvalidStatus) as refused:
                connect(address, additional_headers=headers, origin=Origin(origin))
            assert refused.value.response.status_code == status
