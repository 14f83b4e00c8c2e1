"""Files that come in: read in a confined process, whatever they hold; the server answers all the while."""

from __future__ import annotations

import io
import json
import random
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.music.test_midi import END, OFF, ON, REFUSED, smf
from tests.server.conftest import TestClient, app, client, data, visitor
from trivium.errors import BadFile
from trivium.music.files import importing
from trivium.music.files.formats import kind_of
from trivium.music.files.importing import look, read_file
from trivium.music.files.midi_write import write_midi
from trivium.music.files.musicxml_write import write_musicxml
from trivium.music.files.project import write_composition, write_project
from trivium.music.melodies import find_tune, tune_piece
from trivium.music.notes import Composition, Note, Part
from trivium.music.views import FileChoice

__all__ = ["app", "client", "data", "visitor"]

MUSIC = "/api/v1/music"
TWINKLE = tune_piece(find_tune("twinkle"))
ABC = b"X:1\nT:Twinkle\nM:4/4\nL:1/4\nQ:1/4=100\nK:C\nCCGG|AAG2|FFEE|DDC2|\n"


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def roll() -> bytes:
    cells = np.full((1, 32, 128, 4), -1.0)
    cells[0, :4, 60, 0] = 1
    return npy(cells)


GOOD = {"midi": write_midi(TWINKLE), "musicxml": write_musicxml(TWINKLE), "abc": ABC, "rolls": roll(),
        "composition": write_composition(TWINKLE), "project": write_project(TWINKLE)}


@pytest.mark.parametrize("kind", GOOD)
def test_each_kind_is_known_by_its_content_and_read(kind: str) -> None:
    assert kind_of(GOOD[kind]) == kind
    report, piece = read_file(GOOD[kind], "Song.xyz")
    assert piece.parts[0].notes[0].pitch == 60 and report.tracks[0].notes == len(piece.parts[0].notes)
    assert piece.title in ("Twinkle, Twinkle, Little Star", "Twinkle", "Song")
    if kind not in ("abc", "rolls"):
        assert piece.parts[0].notes == TWINKLE.parts[0].notes


def band() -> bytes:
    """Three tracks, a silent one among them; bars 1 to 8 of 4/4, then 3/4."""
    def line(pitch: int) -> list[Note]:
        return [Note(onset=1920 * bar, length=1920, pitch=pitch, velocity=80) for bar in range(8)]

    return write_midi(Composition(parts=[Part(id="a", name="Flute", program=73, notes=line(72)),
                                         Part(id="b", name="Bass", program=32, notes=line(36)),
                                         Part(id="c", name="Kit", is_drum=True, notes=line(38))]))


def test_tracks_and_bars_are_chosen() -> None:
    report = look(band(), "band.mid")
    assert [(t.index, t.name, t.is_drum, t.notes, t.last_bar) for t in report.tracks] == [
        (0, "Flute", False, 8, 8), (1, "Bass", False, 8, 8), (2, "Kit", True, 8, 8)]
    assert (report.bars, report.metre, report.bpm) == (8, "4/4", 120)
    _, piece = read_file(band(), choice=FileChoice(tracks=[1], first_bar=3, last_bar=4))
    assert [part.name for part in piece.parts] == ["Bass"]
    assert [note.onset for note in piece.parts[0].notes] == [0, 1920]
    with pytest.raises(BadFile, match="no track 7"):
        read_file(band(), choice=FileChoice(tracks=[7]))
    with pytest.raises(BadFile, match="no bars from 5"):
        read_file(band(), choice=FileChoice(first_bar=5, last_bar=3))
    with pytest.raises(BadFile, match="no notes"):
        read_file(band(), choice=FileChoice(first_bar=100, last_bar=101))


def many_events(count: int) -> bytes:
    return smf(b"".join(b"\x01\x90" + bytes([n % 128, 80]) + b"\x01\x80" + bytes([n % 128, 0])
                        for n in range(count // 2)) + END)


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", bytes(200_000_000))
    return packed.getvalue()


def header_only(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    head = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head


LONG_GAP = b"\xff\xff\xff\x7f"
BAD = {
    **{f"midi: {name}": data for name, (data, _) in REFUSED.items()},
    "more than a million events": smf(b"\x00\x40\x00".join([b"\x00\xb0\x40\x00"] * 2) * 600_000),
    "more tracks than a header can count": smf(END) + b"MTrk\0\0\0\0" * 65_535,
    "tempo without rest": smf(b"\x01\xff\x51\x03\x07\xa1\x20" * 20_001 + b"\x00" + ON + b"\x01" + OFF + END),
    "metre without rest": smf(b"\x01\xff\x58\x04\x04\x02\x18\x08" * 20_001 + b"\x00" + ON + b"\x01" + OFF + END),
    "a note 4 TiB away": smf(b"".join(LONG_GAP + ON + LONG_GAP + OFF for _ in range(2000)) + END),
    "a zip bomb": bomb(),
    "a zip of nothing": b"PK\x05\x06" + bytes(18),
    "half a zip": bomb()[:1000],
    "a roll of 4 TiB": header_only((1_000_000, 32, 128, 128)),
    "a roll cut off": header_only((229, 32, 128, 4)),
    "a roll of the wrong shape": npy(np.zeros((3, 3))),
    "a roll of nothing": npy(np.zeros((1, 32, 128, 4))),
    "a roll of NaN": npy(np.full((1, 32, 128, 4), np.nan)),
    "a pickle": npy(np.array([{"a": 1}], dtype=object)),
    "broken MusicXML": write_musicxml(TWINKLE)[:3000],
    "an entity bomb": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>',
    "XML a million deep": b"<a>" * 1_000_000,
    "JSON that is no composition": b'{"hello": 1}',
    "JSON a million deep": b'{"a":' * 1_000_000,
    "ABC without a key": b"X:1\nT:x\nCDE|\n",
    "ABC with nonsense": b"X:1\nK:C\nCD;;E|\n",
    "ABC of zero": b"X:1\nK:C\nC/0|\n",
    "a poem": "Die Luft ist blau, das Tal ist grün".encode(),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "nothing": b"",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_met_with_a_sentence_and_a_hint(name: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_file(BAD[name], "x")
    assert refused.value.message.endswith(".") and refused.value.hint.endswith(".")
    assert len(refused.value.message) < 200 and "Traceback" not in str(refused.value)
    assert "could not be read" not in refused.value.message  # that is said where the reader died


def test_a_piece_of_a_file_that_is_too_large_as_a_whole_can_be_used() -> None:
    large = many_events(120_000)
    with pytest.raises(BadFile, match="60,000 notes"):
        read_file(large)
    assert look(large).tracks[0].notes == 60_000
    _, piece = read_file(large, choice=FileChoice(first_bar=1, last_bar=4))
    assert piece.note_count == 4 * 1920 // 2


def test_a_project_comes_back_whole() -> None:
    note = Note(onset=0, length=480, pitch=60, velocity=80, voice=2, pinned=True)
    piece = Composition(title="Whole", parts=[Part(id="mine", name="A", mute=True, notes=[note]), Part(id="empty")])
    assert read_file(write_project(piece))[1] == piece
    assert read_file(write_composition(piece))[1] == piece


def test_too_many_files_at_once_are_refused_at_once() -> None:
    for _ in range(8):
        assert importing.AT_ALL.acquire(blocking=False)
    try:
        with pytest.raises(importing.Busy) as refused:
            read_file(GOOD["midi"])
        assert refused.value.status == 503
    finally:
        for _ in range(8):
            importing.AT_ALL.release()
    assert read_file(GOOD["midi"])


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CPU_S", 0.0)
    with pytest.raises(BadFile, match="too long"):
        read_file(GOOD["midi"])


def test_a_reader_that_dies_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "run_child", lambda *_: 139)
    with pytest.raises(BadFile, match="could not be read"):
        read_file(GOOD["midi"])


def test_no_folder_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read_file(GOOD["midi"])
    with pytest.raises(BadFile):
        read_file(b"x")
    assert list(tmp_path.iterdir()) == []


def test_random_damage_to_good_files_is_never_more_than_a_sentence() -> None:
    from trivium.music.files import formats

    chance = random.Random(4)
    for good in GOOD.values():
        for _ in range(60):
            damaged = bytearray(good)
            for _ in range(chance.randint(1, 8)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            try:
                formats.read(bytes(damaged), {"name": "x", "choice": {}})
            except BadFile as refused:
                assert refused.hint


# over HTTP


def test_a_file_is_looked_at_imported_and_downloaded(client: TestClient) -> None:
    report = client.post(f"{MUSIC}/files:look?name=band.mid", content=band())
    assert report.status_code == 200 and [t["name"] for t in report.json()["tracks"]] == ["Flute", "Bass", "Kit"]
    assert client.get(f"{MUSIC}/compositions").json()["items"] == []
    made = client.post(f"{MUSIC}/compositions:import?name=My band.mid&tracks=0,2&first_bar=2", content=band())
    assert made.status_code == 201, made.text
    kept = made.json()["composition"]
    assert (kept["title"], kept["technique"], kept["parts"], kept["bars"]) == ("My band", "import", ["Flute", "Kit"], 7)
    assert kept["settings"] == {"file": "My band.mid", "format": "MIDI", "tracks": [0, 2], "first_bar": 2}
    address = f"{MUSIC}/compositions/{kept['id']}/file"
    midi = client.get(f"{address}?format=midi")
    assert midi.headers["content-type"] == "audio/midi" and "My%20band.mid" in midi.headers["content-disposition"]
    piece = Composition.model_validate(kept["composition"])
    assert read_file(midi.content)[1].parts == piece.parts
    assert b"<score-partwise" in client.get(f"{address}?format=musicxml").content
    project = zipfile.ZipFile(io.BytesIO(client.get(f"{address}?format=project").content))
    assert project.namelist() == ["composition.json", "composition.mid", "card.md"]
    assert json.loads(project.read("composition.json")) == kept["composition"]
    assert "Made by: import" in project.read("card.md").decode()
    assert client.get(f"{address}?format=mp3").status_code == 422


def test_uploads_that_are_refused(client: TestClient) -> None:
    for address in ("files:look", "compositions:import"):
        empty = client.post(f"{MUSIC}/{address}", content=b"")
        assert empty.status_code == 422 and empty.json()["code"] == "bad_file"
        large = client.post(f"{MUSIC}/{address}", content=bytes(50_000_000))
        assert large.status_code == 413 and large.json()["hint"]
        poem = client.post(f"{MUSIC}/{address}", content=b"a poem")
        assert poem.status_code == 422 and poem.json()["code"] == "bad_file" and poem.json()["hint"]
    assert client.post(f"{MUSIC}/compositions:import?tracks=a", content=band()).status_code == 422
    assert client.get(f"{MUSIC}/compositions").json()["items"] == []


def test_the_server_answers_while_a_large_file_is_read(client: TestClient) -> None:
    done = []
    reading = threading.Thread(target=lambda: done.append(
        client.post(f"{MUSIC}/files:look", content=many_events(300_000)).status_code))
    reading.start()
    answers = 0
    while not done:
        assert client.get("/healthz").status_code == 200
        answers += 1
        time.sleep(0.02)
    reading.join()
    assert done == [200] and answers > 3
