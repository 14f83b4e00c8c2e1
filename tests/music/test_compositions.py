"""Compositions that the server keeps: a tree of steps, edits that cannot overwrite each other, share links."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import TestClient, app, client, data, visitor

__all__ = ["app", "client", "data", "visitor"]

MUSIC = "/api/v1/music"
NOTE = {"onset": 0, "length": 480, "pitch": 60, "velocity": 80}


def piece(*notes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "Mine", "parts": [{"id": "a", "name": "Piano", "notes": list(notes)}], **more}


def made(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{MUSIC}/compositions", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_tune_becomes_a_composition(client: TestClient) -> None:
    tune = client.get(f"{MUSIC}/tunes/twinkle").json()
    kept = made(client, tune="twinkle")
    assert kept["composition"] == tune["composition"]
    assert (kept["technique"], kept["parent"], kept["root"], kept["version"]) == ("tune", None, kept["id"], 1)
    assert (kept["notes"], kept["bars"], kept["parts"], kept["title"]) == (42, 12, ["Melody"], tune["title"])
    assert kept["duration_s"] == pytest.approx(12 * 4 * 60 / 100)
    assert client.get(f"{MUSIC}/compositions/{kept['id']}").json() == kept


def test_a_composition_is_measured(client: TestClient) -> None:
    kept = made(client, tune="twinkle")
    found = client.get(f"{MUSIC}/compositions/{kept['id']}/measures").json()
    assert found["scale_consistency"] == 1 and found["pitches_used"] == 6 and found["drum_pattern_rate"] is None


def test_two_pages_that_edit_lose_nothing(client: TestClient) -> None:
    kept = made(client, composition=piece(NOTE))
    address = f"{MUSIC}/compositions/{kept['id']}"
    first = client.put(address, json={"version": 1, "composition": piece(NOTE, {**NOTE, "onset": 480})})
    assert first.status_code == 200 and first.json()["version"] == 2 and first.json()["notes"] == 2
    second = client.put(address, json={"version": 1, "composition": piece()})
    assert second.status_code == 409 and second.json()["code"] == "stale_version" and second.json()["hint"]
    assert client.get(address).json() == first.json()
    beside = made(client, composition=piece(), parent=kept["id"], technique="edit")
    assert beside["root"] == kept["id"] and beside["notes"] == 0
    assert [step["id"] for step in client.get(f"{address}/tree").json()] == [kept["id"], beside["id"]]


def test_renaming_keeps_the_notes_and_the_version(client: TestClient) -> None:
    kept = made(client, composition=piece(NOTE))
    renamed = client.patch(f"{MUSIC}/compositions/{kept['id']}", json={"title": "Noël 🎄"})
    assert renamed.status_code == 200 and renamed.json()["version"] == 1
    found = client.get(f"{MUSIC}/compositions/{kept['id']}").json()
    assert found["title"] == found["composition"]["title"] == "Noël 🎄"
    saved = client.put(f"{MUSIC}/compositions/{kept['id']}", json={"version": 1, "composition": piece(NOTE)})
    assert saved.json()["title"] == "Noël 🎄"  # the page that saves need not know


def test_what_was_made_from_a_deleted_step_stays(client: TestClient) -> None:
    root = made(client, tune="twinkle")
    middle = made(client, composition=piece(NOTE), parent=root["id"], technique="edit")
    leaf = made(client, composition=piece(NOTE), parent=middle["id"], technique="edit")
    other = made(client, composition=piece(NOTE), parent=root["id"], technique="edit")
    assert client.delete(f"{MUSIC}/compositions/{middle['id']}").status_code == 204
    assert client.get(f"{MUSIC}/compositions/{leaf['id']}").json()["parent"] == root["id"]
    assert client.delete(f"{MUSIC}/compositions/{root['id']}").status_code == 204
    for step in (leaf, other):
        found = client.get(f"{MUSIC}/compositions/{step['id']}").json()
        assert (found["parent"], found["root"]) == (None, step["id"])
    assert client.get(f"{MUSIC}/compositions/{root['id']}").status_code == 404


def test_the_list_is_paged_and_newest_first(client: TestClient) -> None:
    ids = [made(client, composition=piece(title=f"{n}"))["id"] for n in range(5)]
    first = client.get(f"{MUSIC}/compositions?limit=3").json()
    rest = client.get(f"{MUSIC}/compositions?limit=3&cursor={first['next']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1] and rest["next"] is None
    assert "composition" not in first["items"][0]


def test_a_share_link_shows_the_notes_to_anybody_until_it_is_taken_back(client: TestClient) -> None:
    kept = made(client, tune="twinkle")
    address = f"{MUSIC}/compositions/{kept['id']}/share"
    token = client.post(address, json={"shared": True}).json()["share_token"]
    assert client.post(address, json={"shared": True}).json()["share_token"] == token and len(token) >= 32
    signed_in = dict(client.cookies.items())
    client.cookies.clear()
    assert client.get(f"{MUSIC}/compositions/{kept['id']}").status_code == 401
    shared = client.get(f"{MUSIC}/shared/{token}").json()
    assert shared["composition"] == kept["composition"]
    assert not {"id", "share_token", "settings", "training"} & set(shared)
    assert client.post(address, json={"shared": False}).status_code == 401
    assert client.get(f"{MUSIC}/shared/{token[:-1]}x").status_code == 404
    client.cookies.update(signed_in)
    assert client.post(address, json={"shared": False}).json()["share_token"] is None
    assert client.get(f"{MUSIC}/shared/{token}").status_code == 404


@pytest.mark.parametrize(("body", "words"), [
    ({}, "tune or with notes"),
    ({"tune": "twinkle", "composition": piece()}, "tune or with notes"),
    ({"composition": piece({**NOTE, "pitch": 128})}, "127"),
    ({"composition": piece({**NOTE, "length": 0})}, "1"),
    ({"composition": piece({**NOTE, "onset": 10**9})}, "at most"),
    ({"composition": piece(tempos=[{"tick": 0, "bpm": 0}])}, "at least 4"),
    ({"composition": piece(tempos=[{"tick": 5, "bpm": 100}])}, "begin at tick 0"),
    ({"composition": piece(metres=[])}, "item"),
    ({"composition": piece(metres=[{"tick": 0, "beats": 4, "beat_unit": 3}])}, "beat_unit"),
    ({"composition": piece(ticks_per_quarter=96)}, "480"),
    ({"composition": {"parts": [{"id": "a"}, {"id": "a"}]}}, "same id"),
    ({"composition": piece(), "owner_id": 1}, "owner_id"),
    ({"composition": piece(), "technique": "transformer"}, "recording"),
])
def test_pieces_that_are_refused(client: TestClient, body: dict[str, Any], words: str) -> None:
    answer = client.post(f"{MUSIC}/compositions", json=body)
    assert answer.status_code == 422, answer.text
    assert words in answer.text and "Traceback" not in answer.text
    assert client.get(f"{MUSIC}/compositions").json()["items"] == []


def test_things_that_are_not_there(client: TestClient) -> None:
    assert client.post(f"{MUSIC}/compositions", json={"tune": "nothing"}).status_code == 404
    assert client.post(f"{MUSIC}/compositions", json={"tune": "twinkle", "parent": "x"}).status_code == 404
    for method, rest in (("get", ""), ("delete", ""), ("get", "/tree")):
        assert client.request(method, f"{MUSIC}/compositions/nothing{rest}").status_code == 404
    assert client.get(f"{MUSIC}/tunes/nothing").status_code == 404
    assert client.get(f"{MUSIC}/shared/nothing").status_code == 404


def test_a_long_piece_may_be_longer_than_other_json(client: TestClient) -> None:
    notes = [{**NOTE, "onset": 10 * number, "pitch": number % 128} for number in range(20_000)]
    kept = made(client, composition=piece(*notes))
    assert kept["notes"] == 20_000
    too_many = client.post(f"{MUSIC}/compositions", json={"composition": piece(title="x" * 6_000_001)})
    assert too_many.status_code == 413
    elsewhere = client.patch(f"{MUSIC}/compositions/{kept['id']}", json={"title": "x" * 1_000_001})
    assert elsewhere.status_code == 413
