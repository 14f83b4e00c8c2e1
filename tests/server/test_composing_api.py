"""Composing over HTTP: techniques with their controls, a step as a run, and keeping it without some edits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from fastapi import FastAPI
from safetensors.numpy import save

from tests.server.conftest import TestClient
from trivium.core import files
from trivium.core.run import Run
from trivium.music import models
from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.arcnn.network import EditNet
from trivium.music.compose_config import ComposeConfig
from trivium.music.composing import compose_run

MUSIC = "/api/v1/music"
TINY = {"filters": 4, "levels": 1}


@pytest.fixture
def full(app: FastAPI, client: TestClient) -> TestClient:
    """A studio on a machine that is full: runs are made and wait."""
    app.state.index.max_active = 0
    return client


@pytest.fixture
def default_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that has learned nothing stands for the one in the package."""
    torch.manual_seed(4)
    folder = tmp_path / "trained" / "arcnn"
    folder.mkdir(parents=True)
    weights = save({name: array.numpy() for name, array in EditNet(ArcnnConfig(**TINY)).state_dict().items()})
    (folder / "weights.safetensors").write_bytes(weights)
    card = {"config": {"arcnn": TINY}, "files": {"weights.safetensors": files.sha256_bytes(weights)}}
    (folder / "model.json").write_text(json.dumps(card))
    monkeypatch.setattr(models, "TRAINED", tmp_path / "trained")


def test_the_techniques_come_with_the_schema_of_their_controls(client: TestClient) -> None:
    techniques = {each["id"]: each for each in client.get(f"{MUSIC}/techniques").json()}
    risk = techniques["arcnn"]["controls"]["properties"]["creative_risk"]
    assert (risk["minimum"], risk["maximum"], risk["default"]) == (0.5, 6.0, 1.0)
    assert risk["more"] and risk["less"]
    assert techniques["gan"]["models"][0]["id"] == "gan-default"
    assert all(model["style"] for technique in techniques.values() for model in technique["models"])


def test_a_step_is_a_run_and_is_kept_below_its_source_without_what_is_taken_back(full: TestClient, app: FastAPI,
                                                                                default_model: None) -> None:
    source = full.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    controls = {"sampling_iterations": 6, "max_removed_percent": 0}
    made = full.post(f"{MUSIC}/composings", json={"composition": source["id"], "controls": controls, "seed": 9})
    assert made.status_code == 201, made.text
    run = made.json()
    assert (run["kind"], run["seed"], run["name"]) == ("compose", 9, f"AR-CNN on {source['title']}")
    early = full.post(f"{MUSIC}/composings/{run['id']}/keep", json={})
    assert early.status_code == 404 and "nothing yet" in early.json()["detail"]
    folder = app.state.index.folder(run["id"])
    opened = Run.open(folder)
    waiting = full.get(f"{MUSIC}/composings/{run['id']}").json()
    assert (waiting["composition"], waiting["technique"], waiting["model"], waiting["seed"]) == (
        source["id"], "arcnn", "arcnn-default", 9)
    assert waiting["begin"]["parts"] == source["composition"]["parts"] and waiting["story"] == []
    compose_run(ComposeConfig.model_validate(opened.spec.config), opened)
    told = full.get(f"{MUSIC}/composings/{run['id']}").json()["story"]
    assert [(each["name"], each["news"]["index"]) for each in told] == [("edit", index) for index in range(9)]
    kept = full.post(f"{MUSIC}/composings/{run['id']}/keep", json={"taken_back": [2]})
    assert kept.status_code == 201, kept.text
    step = kept.json()
    assert (step["parent"], step["technique"], step["seed"], step["model"]) == (
        source["id"], "arcnn", 9, "arcnn-default")
    edits = sum(6 * bars / 8 for bars in [source["bars"]])
    assert step["notes"] == source["notes"] + edits - 1
    assert step["settings"]["arcnn"]["sampling_iterations"] == 6 and step["settings"]["taken_back"] == [2]
    assert [each["id"] for each in full.get(f"{MUSIC}/compositions/{step['id']}/tree").json()] == [
        source["id"], step["id"]]


def test_a_step_that_was_cut_off_is_kept_as_far_as_it_came(full: TestClient, app: FastAPI,
                                                           default_model: None) -> None:
    source = full.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    controls = {"sampling_iterations": 8, "max_removed_percent": 0}
    made = full.post(f"{MUSIC}/composings", json={"composition": source["id"], "controls": controls}).json()
    folder = app.state.index.folder(made["id"])
    opened = Run.open(folder)
    compose_run(ComposeConfig.model_validate(opened.spec.config), opened)
    for name in ("result.json", "composition.json", "story.json"):  # as if the process had been killed before the end
        (folder / "out" / name).unlink()
    kept = full.post(f"{MUSIC}/composings/{made['id']}/keep", json={"taken_back": [0, 5]}).json()
    assert (kept["notes"], kept["parent"], kept["model"]) == (source["notes"] + 12 - 2, source["id"], "arcnn-default")


@pytest.mark.parametrize(("body", "status", "words"), [
    ({"composition": "none"}, 404, "no such composition"),
    ({"technique": "polka"}, 404, "no technique"),
    ({"controls": {"creative_risk": 0}}, 422, "creative_risk"),
    ({"controls": {"unheard_of": 0}}, 422, "unheard_of"),
    ({"model": "none"}, 404, "run"),
    ({"seed": -1}, 422, "seed"),
])
def test_a_wrong_request_is_refused_in_words(full: TestClient, default_model: None, body: dict[str, Any], status: int,
                                             words: str) -> None:
    source = full.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    answer = full.post(f"{MUSIC}/composings", json={"composition": source["id"], **body})
    assert answer.status_code == status
    assert words in answer.text
    assert full.get("/api/v1/runs").json()["items"] == []


def test_a_path_is_no_model(full: TestClient, default_model: None, tmp_path: Path) -> None:
    source = full.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    body = {"composition": source["id"], "model": str(tmp_path / "trained" / "arcnn")[:64]}
    assert full.post(f"{MUSIC}/composings", json=body).status_code in {404, 422}


def test_the_transformer_can_be_started_too(full: TestClient) -> None:
    techniques = {each["id"]: each for each in full.get(f"{MUSIC}/techniques").json()}
    longest = techniques["transformer"]["controls"]["properties"]["extension_s"]
    assert (longest["minimum"], longest["maximum"], longest["unit"]) == (0, 300, "s")
    source = full.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    made = full.post(f"{MUSIC}/composings", json={
        "composition": source["id"], "technique": "transformer", "controls": {"mode": "harmonise"}})
    assert made.status_code == 201, made.text
    assert made.json()["name"] == f"Transformer on {source['title']}"
    refused = full.post(f"{MUSIC}/composings", json={
        "composition": source["id"], "technique": "transformer", "controls": {"extension_s": 301}})
    assert refused.status_code == 422 and "extension_s" in refused.text
