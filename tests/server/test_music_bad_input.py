"""Strangers' music by HTTP, in a real server: each bad file is met with a sentence and a hint, nothing of it stays, and
everybody else is answered meanwhile."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.music.test_importing import ABC, BAD, header_only, many_events
from tests.music.test_midi import END, MENDED, REFUSED, smf
from tests.server.conftest import ServerProcess, wait_for

MUSIC = "/api/v1/music"
LOOK, IMPORT = f"{MUSIC}/files:look", f"{MUSIC}/compositions:import"
NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def score(body: str) -> bytes:
    return ('<score-partwise><part-list><score-part id="P"><part-name>x</part-name></score-part></part-list>'
            f'<part id="P"><measure number="1"><attributes><divisions>1</divisions></attributes>{body}</measure></part>'
            "</score-partwise>").encode()


# what comes in -> a word of the sentence that it is met with
REFUSALS: dict[str, tuple[bytes, str]] = {
    **{f"MIDI: {name}": REFUSED[name]
       for name in ("zero division", "type 2", "endless number", "no notes", "no track")},
    "MIDI: a million events and more": (BAD["more than a million events"], "events"),
    "MIDI: half a million notes": (many_events(999_000), "499,500 notes"),
    "MIDI: notes 4 TiB away": (BAD["a note 4 TiB away"], "long"),
    "MIDI: empty and silent tracks alone": (smf(END, b"\x83\x60" + END[1:], b"\x00\xc0\x05" + END), "no notes"),
    "a roll of 4 TiB": (header_only((1_000_000, 32, 128, 128)), "roll"),
    "a roll in which nothing sounds": (BAD["a roll of nothing"], "no notes"),
    "MusicXML cut off": (BAD["broken MusicXML"], "XML"),
    "MusicXML of entities": (BAD["an entity bomb"], "entities"),
    "MusicXML that asks for a file": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                                      + score("&x;"), "entities"),
    "MusicXML of 60,000 notes": (score(NOTE * 60_000), "60,000 notes"),
    "a zip of 200 MB of zeros": (BAD["a zip bomb"], "unpacks to far more"),
    "pickled objects": (BAD["a pickle"], "Python"),
    "JSON of 60,000 notes": (json.dumps({"parts": [{"id": "a", "notes": [
        {"onset": k, "length": 1, "pitch": 60} for k in range(60_000)]}]}).encode(), "notes"),
    "a picture": (BAD["a picture"], "not a file of notes"),
}
TEXT = zipped({"readme.txt": b"Just words.", "poem.md": b"More of them."})
FOLDERS: dict[str, tuple[str, bytes, str]] = {
    "one file": ("mine.zip", zipped({"one.abc": ABC}), "one"),
    "text files": ("mine.zip", TEXT, "none of its 2 files"),
    "text that is called music": ("mine.zip", zipped({"a.mid": b"Just words.", "b.abc": b"More."}), "a.mid"),
    "a type 2 file": ("pattern.mid", REFUSED["type 2"][0], "type 2"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One for all: whatever comes in, it must be whole for the next."""
    folder = tmp_path_factory.mktemp("bad")
    process = ServerProcess(folder / "data")
    process.data.mkdir()
    (folder / "scratch").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "scratch"))
        yield process
    process.end()


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with server.start() as signed_in:
        signed_in.headers["Origin"] = server.base
        signed_in.timeout = httpx.Timeout(None)  # on a loaded machine the heavy ones take their time
        yield signed_in


def met_with_a_sentence(answer: httpx.Response, words: str, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    assert words in said["detail"], said
    assert said["detail"].endswith(".") and len(said["detail"]) < 300 and "\n" not in said["detail"]
    assert said["hint"] and "Traceback" not in answer.text and "/tmp" not in answer.text


def kept(client: httpx.Client, server: ServerProcess) -> list[str]:
    """Everything that the studio has of anybody's music, and every file that it has written for it."""
    lists = [client.get(f"{MUSIC}/{what}").json() for what in ("compositions", "sets", "makings")]
    places = (server.data / "music-sets", server.data.parent / "scratch")
    return [json.dumps(lists), *sorted(str(path) for place in places for path in place.rglob("*") if path.is_file())]


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bad_file_is_met_with_a_sentence_and_nothing_of_it_stays(
        name: str, client: httpx.Client, server: ServerProcess) -> None:
    content, words = REFUSALS[name]
    before = kept(client, server)
    met_with_a_sentence(client.post(IMPORT, params={"name": "x"}, content=content), words)
    assert kept(client, server) == before


def test_a_file_of_50_mb_is_refused_before_it_is_read(client: httpx.Client) -> None:
    for address in (LOOK, IMPORT):
        met_with_a_sentence(client.post(address, content=b"MThd" + bytes(50_000_000)), "20", 413)


@pytest.mark.parametrize("name", ["no note-off", "1 tick", "0 ticks", "tempo 0", "silent tracks beside"])
def test_what_can_be_mended_comes_in_with_a_remark(name: str, client: httpx.Client) -> None:
    content, wanted, words = MENDED[name]
    answer = client.post(IMPORT, params={"name": "x"}, content=content)
    assert answer.status_code == 201, answer.text
    composition, report = answer.json()["composition"], answer.json()["report"]
    notes = [note for part in composition["composition"]["parts"] for note in part["notes"]]
    assert [(note["onset"], note["length"]) for note in notes] == wanted
    assert (words or "") in " ".join(report["warnings"])
    assert client.delete(f"{MUSIC}/compositions/{composition['id']}").status_code == 204


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_nothing_can_be_learned_from_is_met_with_a_sentence(
        name: str, client: httpx.Client, server: ServerProcess) -> None:
    file, content, words = FOLDERS[name]
    before = kept(client, server)
    begun = client.post(f"{MUSIC}/sets:upload", params={"name": "mine", "file": file}, content=content)
    assert begun.status_code == 202, begun.text
    found = wait_for(lambda: [each for each in client.get(f"{MUSIC}/makings").json() if each["state"] == "failed"],
                     "what becomes of it", 60)[0]
    assert words in found["message"] and found["hint"], found
    assert client.delete(f"{MUSIC}/makings/{found['id']}").status_code == 204
    assert kept(client, server) == before


def answers_meanwhile(client: httpx.Client, server: ServerProcess, content: bytes) -> int:
    """How many questions of somebody else's are answered between a file's last byte and what is said to it."""
    sent = threading.Event()
    answers: list[httpx.Response] = []

    def body() -> Iterator[bytes]:
        yield content
        sent.set()

    reader = threading.Thread(target=lambda: answers.append(client.post(LOOK, content=body())))
    reader.start()
    sent.wait(60)
    others = 0
    with httpx.Client(base_url=server.base, timeout=None, cookies=client.cookies) as other:
        while reader.is_alive():
            assert other.get("/healthz").status_code == 200
            others += reader.is_alive()
    assert [answer.status_code for answer in answers] == [200]
    return others


@pytest.mark.parametrize("content", [many_events(999_000), REFUSALS["MusicXML of 60,000 notes"][0]],
                         ids=["a million events", "60,000 notes of MusicXML"])
def test_everybody_else_is_answered_while_a_heavy_file_is_read(
        content: bytes, client: httpx.Client, server: ServerProcess) -> None:
    # A studio that stood still would answer one at most, and another as it starts: however quick or slow the machine.
    assert any(answers_meanwhile(client, server, content) > 3 for _ in range(5))
