"""The live view: whole snapshots or none, the newest only, and the wish for another car's camera."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.websockets import WebSocketDisconnect

from tests.server.conftest import BASE, TestClient, wait_for
from trivium.core.status import Status, write_status
from trivium.server.live import Snapshot, focus_car

WS = BASE.replace("http", "ws")
SIZE = 64 + 3 * 32 + 16


def snapshot(sequence: int, fill: int) -> bytes:
    head = struct.pack("<4sIII", b"TRVL", 1, sequence, 3)
    return head + bytes([fill]) * (SIZE - len(head))


@pytest.fixture
def live(app: FastAPI, client: TestClient, data: Path, toy_run: Callable[..., str]) -> tuple[str, Path]:
    """A run that says it is running; its address and folder."""
    run_id = toy_run()
    folder = data / "runs" / run_id
    write_status(folder, Status(state="starting", updated_at=9e9))
    return f"{WS}/api/v1/runs/{run_id}/live", folder


def test_snapshots_are_sent_when_they_change(client: TestClient, live: tuple[str, Path]) -> None:
    address, folder = live
    with client.websocket_connect(address) as socket:
        (folder / "live.bin").write_bytes(snapshot(2, 1))
        assert socket.receive_bytes() == snapshot(2, 1)
        with (folder / "live.bin").open("r+b") as file:
            file.write(snapshot(3, 9))  # being written: not to be sent
        with (folder / "live.bin").open("r+b") as file:
            file.write(snapshot(4, 2))
        assert socket.receive_bytes() == snapshot(4, 2)
        write_status(folder, Status(state="succeeded"))
        with pytest.raises(WebSocketDisconnect) as left:
            socket.receive_bytes()
        assert left.value.code == 1000


def test_the_car_in_focus_is_written_for_the_run(client: TestClient, live: tuple[str, Path]) -> None:
    address, folder = live
    with client.websocket_connect(address) as socket:
        for text in (
            "nonsense",
            "[]",
            '{"focus_car": "1"}',
            '{"focus_car": -1}',
            '{"focus_car": true}',
            "[" * 9999,
        ):
            socket.send_text(text)
        socket.send_bytes(b"\x00")
        socket.send_json({"focus_car": 2})
        wait_for(lambda: (folder / "control.json").exists(), "the wish")
    assert json.loads((folder / "control.json").read_text()) == {"focus_car": 2}


def test_a_run_that_is_not_there(client: TestClient) -> None:
    with client.websocket_connect(f"{WS}/api/v1/runs/nothing/live") as socket:
        with pytest.raises(WebSocketDisconnect) as left:
            socket.receive_bytes()
        assert left.value.code == 4404


def test_the_studio_does_not_read_what_is_no_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "live.bin"
    reader = Snapshot(path)
    assert reader.newer() is None
    for content in (b"", b"x" * 10, b"\x00" * 200):
        path.write_bytes(content)
        reader.reopen_if_replaced()
        assert reader.newer() is None


def test_a_snapshot_is_never_half_of_each(tmp_path: Path) -> None:
    """A writer that keeps the rules of the sequence lock, as fast as it can, against our reader."""
    path = tmp_path / "live.bin"
    path.write_bytes(snapshot(0, 0))
    stop = threading.Event()

    def write() -> None:
        sequence = 0
        with path.open("r+b", buffering=0) as file:
            while not stop.is_set():
                for part in (struct.pack("<I", sequence + 1), None, struct.pack("<I", sequence + 2)):
                    file.seek(8 if part else 16)
                    file.write(part or bytes([(sequence // 2 + 1) % 251]) * (SIZE - 16))
                sequence += 2

    writer = threading.Thread(target=write)
    writer.start()
    reader, found = Snapshot(path), 0
    while found < 30:
        if (content := reader.newer()) is not None:
            found += 1
            sequence = int.from_bytes(content[8:12], "little")
            assert sequence % 2 == 0 and set(content[16:]) == {(sequence // 2) % 251}
    stop.set()
    writer.join()
    reader.close()


@pytest.mark.parametrize(
    ("text", "car"),
    [
        ('{"focus_car": 0}', 0),
        ('{"focus_car": 7}', 7),
        (None, None),
        ("{}", None),
        ('{"focus_car": 1.0}', None),
        ('{"focus_car": 99999999}', None),
    ],
)
def test_reading_the_wish(text: str | None, car: int | None) -> None:
    assert focus_car(text) == car
