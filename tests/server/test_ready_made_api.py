"""The ready-made detector by the routes: what it is, which classes of a project it knows, a finished model of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import TestClient, wait_for
from trivium.vision.ready_made import nanodet

V = "/api/v1/vision"


def test_it_says_what_it_is_and_what_of_a_project_it_knows(client: TestClient, monkeypatch: pytest.MonkeyPatch,
                                                           tmp_path: Path) -> None:
    facts = client.get(f"{V}/ready-made").json()
    assert facts["licence"] == "Apache-2.0" and len(facts["kinds"]) == 80 and facts["bytes"] == nanodet.BYTES
    client.post(f"{V}/projects", json={"name": "street", "task": "detection"})
    made = f"{V}/projects/street/ready-made"
    refused = client.post(made, json={})
    assert refused.status_code == 422 and "knows none of the classes" in refused.text
    assert "does not know 'gnome'" in client.post(made, json={"classes": ["gnome"]}).text
    assert client.post(made, json={"classes": []}).status_code == 422
    for name in ("gnome", "cars"):
        client.post(f"{V}/projects/street/classes", json={"name": name})
    assert client.get(made).json()["knows"] == ["cars"]
    monkeypatch.setattr(nanodet, "FOLDER", tmp_path)
    absent = client.post(made, json={})
    assert absent.status_code == 404 and "make setup" in absent.text
    assert client.get(made).json()["here"] is False and client.get(f"{V}/projects/none/ready-made").status_code == 404
    assert client.get(f"{V}/projects/street/trainings").json() == [], "nothing is left behind"


@pytest.mark.skipif(not nanodet.is_here(), reason="the ready-made detector is not here: python tools/detector.py")
def test_it_becomes_a_model_of_a_project(client: TestClient) -> None:
    client.post(f"{V}/projects", json={"name": "street", "task": "detection"})
    run = client.post(f"{V}/projects/street/ready-made", json={"classes": ["person", "dog"]})
    assert run.status_code == 201 and run.json()["name"] == "NanoDet-g for street"

    def over() -> Any:
        (row,) = client.get(f"{V}/projects/street/trainings").json()
        assert row["run"]["state"] != "failed", row
        return row if row["run"]["state"] == "succeeded" else None

    found = wait_for(over, "the model", 60.0)
    assert found["map50"] is None, "nothing was measured"
    scores = client.get(f"{V}/trainings/{found['run']['id']}/box-scores")
    assert scores.status_code == 404 and "was not measured" in scores.text
    pixels = bytes(4 * 64 * 48)
    seen = client.post(f"{V}/trainings/{found['run']['id']}/look:frame", params={"width": 64, "height": 48},
                       content=pixels, headers={"content-type": "application/octet-stream"})
    assert seen.status_code == 200 and seen.json()["boxes"] == []
