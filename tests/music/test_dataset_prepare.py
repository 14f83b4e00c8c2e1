"""A folder of music becomes a training set: every kind of file, every kind of trouble, and what is kept."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from trivium.cli import main
from trivium.errors import BadFile, NameTaken, NotFound
from trivium.music.dataset import corpus as dataset_corpus
from trivium.music.dataset import reading as dataset_reading
from trivium.music.dataset import sets as dataset
from trivium.music.dataset.chorales import chorale, chorales
from trivium.music.dataset.piece import GridPiece, composition_of, transposed, voice_grid
from trivium.music.dataset.prepare import prepare, prepare_folder
from trivium.music.dataset.sources import own_sources, prepare_chorales, training_set
from trivium.music.files.midi_write import write_midi
from trivium.music.files.musicxml_write import write_musicxml
from trivium.music.notes import Composition, Note, Part, with_parts

ABC_BOOK = "\n".join(f"""X:{k}
T:Tune {k}
M:4/4
L:1/4
K:{key}
{tune}
""" for k, (key, tune) in enumerate((("C", "CDEF|GABc|cBAG|FEDC|"), ("G", "GABG|dBGd|edcB|A2G2|"),
                                     ("Zq", "CDEF|")), 1))


def save(piece: GridPiece, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_midi(composition_of(piece)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve chorales as MIDI in two folders."""
    for seed in range(12):
        save(chorale(seed), tmp_path / "music" / ("a" if seed % 2 else "b") / f"{seed:02d}.mid")
    return tmp_path / "music"


def test_what_was_written_as_midi_is_read_note_for_note(folder: Path) -> None:
    made = prepare_folder(folder, seed=1)
    found = {piece.title: piece for piece in made.pieces}
    for seed in range(12):
        piece, original = found[f"Chorale {seed}"], chorale(seed)
        assert np.array_equal(piece.notes, original.notes), seed
        assert (piece.metre, piece.key, piece.bpm) == (original.metre, original.key, original.bpm)
        assert piece.is_four_part and not piece.key_is_estimated and piece.moved == 0.0
    assert made.card["counts"]["all"]["pieces"] == 12
    assert {name: made.card["counts"][name]["pieces"] for name in ("valid", "test")} == {"valid": 1, "test": 1}
    assert "12 pieces: a model will learn these 10 training pieces by heart" in made.warnings[0]


def test_one_bad_file_does_not_spoil_the_others(folder: Path) -> None:
    (folder / "broken.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00\x01")
    (folder / "text.mid").write_text("this is a shopping list")
    (folder / "empty.xml").write_bytes(b"")
    (folder / "notes.txt").write_text("hello")
    silent = Composition(parts=[Part(notes=[Note(onset=0, length=480, pitch=60)])])
    (folder / "short.mid").write_bytes(write_midi(silent))
    made = prepare_folder(folder)
    failed = {row["file"]: row["message"] for row in made.card["sources"]["failed"]}
    assert set(failed) == {"broken.mid", "text.mid", "empty.xml"}
    assert all(message.count("\n") == 0 and message for message in failed.values())
    assert [row["file"] for row in made.card["set_aside"]] == ["short.mid"]
    assert "It has 1 notes" in made.card["set_aside"][0]["message"]
    assert made.card["sources"]["other_files"] == {"count": 1, "such_as": "notes.txt"}
    assert len(made.pieces) == 12
    assert any("3 files could not be read and 1 piece was set aside" in text for text in made.warnings)


def test_a_file_that_ends_its_process_is_named_and_the_rest_goes_on(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is ended by the clock; the files after it are read by another one."""
    from trivium.core import child

    real, started = child.run_child, []

    def killed_once(module: str, place: Path, wall_s: float) -> int | None:
        names = json.loads((place / "batch.json").read_text())
        started.append(len(names))
        if len(started) > 1:
            return real(module, place, wall_s)
        hidden = [place / str(k) for k in range(5, len(names))]  # the process got through five files, then hung
        for path in hidden:
            path.rename(path.with_name(f"{path.name}.kept"))
        real(module, place, wall_s)
        for path in hidden:
            path.with_name(f"{path.name}.kept").rename(path)
        return None

    monkeypatch.setattr(child, "run_child", killed_once)
    paths = sorted(folder.rglob("*.mid"))
    reading = dataset_reading.read_files([(path, path.name) for path in paths])
    assert [row["file"] for row in reading.failed] == [paths[5].name]
    assert "took too long" in reading.failed[0]["message"]
    assert len(reading.pieces) == 11 and started == [12, 6]


@pytest.mark.parametrize(("files", "message"), [
    ({}, "There is no music in music: it is empty."),
    ({"a.txt": b"words", "b.txt": b"words"}, "none of its 2 files is a file of notes (such as a.txt)"),
    ({"one.mid": write_midi(composition_of(chorale(1)))}, "music holds one file with one usable piece"),
    ({"a.mid": b"words", "b.mid": b"words"}, "None of the 2 files in music could be read; a.mid"),
    ({f"{k}.mid": write_midi(composition_of(transposed(chorale(1), k - 1))) for k in range(3)},
     "All these pieces are the same one."),
], ids=["empty", "text files", "one file", "not music", "one piece three times"])
def test_a_folder_that_can_not_be_learned_from_is_told_in_a_sentence(
        tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    (tmp_path / "music").mkdir()
    for name, content in files.items():
        (tmp_path / "music" / name).write_bytes(content)
    with pytest.raises(BadFile) as error:
        prepare_folder(tmp_path / "music")
    assert message in error.value.message
    assert error.value.hint


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="does not exist"):
        prepare_folder(tmp_path / "nowhere")


def test_musicxml_abc_and_rolls_are_read(tmp_path: Path) -> None:
    for seed in (1, 2):
        (tmp_path / f"{seed}.musicxml").write_bytes(write_musicxml(composition_of(chorale(seed))))
    (tmp_path / "book.abc").write_text(ABC_BOOK)
    clips = np.zeros((3, 32, 128, 4), dtype=np.int8) - 1
    for clip, line in enumerate(((0, 2, 4, 5), (7, 5, 4, 2), (0, 4, 7, 0))):
        for beat, pitch in enumerate(line * 2):
            clips[clip, beat * 4:beat * 4 + 4, 60 + pitch, 0] = 1
            clips[clip, beat * 4:beat * 4 + 3, 48 + pitch, 1] = 1
    np.save(tmp_path / "rolls.npy", clips)
    np.savez(tmp_path / "grids.npz", first=voice_grid(chorale(3))[0], second=voice_grid(chorale(4))[0])
    made = prepare_folder(tmp_path)
    titles = {piece.title for piece in made.pieces}
    assert titles == {"Chorale 1", "Chorale 2", "Tune 1", "Tune 2", "rolls 1", "rolls 2", "rolls 3", "grids 1",
                      "grids 2"}
    by_title = {piece.title: piece for piece in made.pieces}
    assert np.array_equal(by_title["Chorale 1"].notes[:, :4], chorale(1).notes[:, :4])
    assert by_title["Tune 1"].notes[:, 2].tolist() == [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67, 65, 64, 62, 60]
    assert by_title["Tune 2"].key == "G major"
    assert by_title["rolls 1"].steps == 32 and by_title["rolls 1"].notes[:, 0].max() == 28
    assert by_title["rolls 2"].key_is_estimated
    assert np.array_equal(voice_grid(by_title["grids 1"])[0], voice_grid(chorale(3))[0])


def test_pickles_are_never_opened(folder: Path) -> None:
    np.save(folder / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    made = prepare_folder(folder)
    assert [row["file"] for row in made.card["sources"]["failed"]] == ["objects.npy"]
    assert "pickled" in made.card["sources"]["failed"][0]["message"]


def test_the_share_of_notes_off_the_grid_is_told(folder: Path) -> None:
    piece = composition_of(chorale(90))
    swung = with_parts(piece, [part.model_copy(update={"notes": [
        note.model_copy(update={"onset": note.onset + 40 * (number % 2)}) for number, note in enumerate(part.notes)]})
        for part in piece.parts])
    (folder / "swung.mid").write_bytes(write_midi(swung))
    found = {piece.title: piece.moved for piece in prepare_folder(folder).pieces}
    assert found["Chorale 90"] == pytest.approx(0.5, abs=0.02)
    assert found["Chorale 1"] == 0.0


def test_doubles_go_and_near_duplicates_stay_in_one_split() -> None:
    pieces = chorales(40)
    double = transposed(pieces[3], 2)
    notes = np.concatenate([pieces[5].notes[pieces[5].notes[:, 0] < 80], pieces[6].notes[pieces[6].notes[:, 0] >= 80]])
    like = GridPiece(notes=notes, is_four_part=True, title="like")
    for seed in range(8):
        made = prepare([*pieces, double, like], seed, own_sources("ours"))
        assert [row["repeats"] for row in made.card["duplicates"]] == [pieces[3].title]
        assert made.card["near_duplicates"] >= 1
        split_of = {piece.title: name for piece, name in zip(made.pieces, made.splits, strict=True)}
        assert split_of["like"] == split_of[pieces[5].title]
        assert not {id(p) for p in made.split("train")} & {id(p) for p in made.split("test")}


def test_copies_go_however_many_there_are_and_however_little_is_in_them() -> None:
    rows = [(8 * k, 4, 60, 0, 80) for k in range(30)]  # the same note again and again: no passage tells it from others
    dull = GridPiece(notes=np.array(rows, dtype=np.int32), title="dull")
    others = chorales(6)
    made = prepare([*others, *[others[0]] * 70, dull, dull], 1, own_sources("ours"))
    assert [piece.title for piece in made.pieces] == [piece.title for piece in [*others, dull]]
    assert len(made.card["duplicates"]) == 71
    with pytest.raises(BadFile, match="the same one"):
        prepare([dull] * 5, 1, own_sources("ours"))


def test_a_leak_between_splits_is_told() -> None:
    from trivium.music.dataset.prepare import leaks

    pieces = chorales(20)
    clean = leaks(pieces, ["train"] * 10 + ["valid"] * 5 + ["test"] * 5)
    leaky = leaks([*pieces, transposed(pieces[0], 1)], ["train"] * 10 + ["valid"] * 5 + ["test"] * 6)
    at = next(k for k, row in enumerate(clean) if row["steps"] == 32)
    assert clean[at]["test"] == 0.0 and leaky[at]["test"] > 0.1
    assert clean[at]["valid"] == leaky[at]["valid"] == 0.0


@pytest.mark.parametrize(("count", "words"), [(10, "by heart"), (66, "66 pieces: a model will copy."),
                                              (150, "a small set"), (320, None)])
def test_the_size_warning(count: int, words: str | None) -> None:
    from trivium.music.dataset.warnings import about_size

    text = about_size({"all": {"pieces": count}, "train": {"pieces": count * 8 // 10}})
    assert (words in text) if words else text == ""


# what is kept


def test_a_kept_set_is_read_back_whole(tmp_path: Path) -> None:
    made = prepare_chorales(12, seed=3)
    place = dataset.keep(made, "plain", tmp_path)
    again = dataset.open_set("plain", tmp_path)
    assert again.splits == made.splits and again.sha256 == made.sha256
    for a, b in zip(again.pieces, made.pieces, strict=True):
        assert np.array_equal(a.notes, b.notes) and a.facts() == b.facts()
    assert dataset.open_set(made.sha256[:12], tmp_path).sha256 == made.sha256
    assert dataset.keep(prepare_chorales(12, seed=3), "plain", tmp_path) == place  # the same once more
    with pytest.raises(NameTaken):
        dataset.keep(prepare_chorales(13, seed=3), "plain", tmp_path)
    assert training_set("plain", tmp_path).sha256 == training_set(place, tmp_path).sha256 == made.sha256
    with pytest.raises(NotFound):
        dataset.open_set("other", tmp_path)


def test_a_changed_set_is_refused(tmp_path: Path) -> None:
    made = prepare_chorales(5)
    place = dataset.keep(made, "plain", tmp_path)
    made.pieces[0].notes[0, 2] += 1
    (place / dataset.ARRAYS).write_bytes(dataset.packed(made))
    with pytest.raises(BadFile, match="not those that its card was written for"):
        dataset.open_set("plain", tmp_path)
    (place / dataset.ARRAYS).write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(BadFile, match="damaged"):
        dataset.open_set("plain", tmp_path)


# the command


@pytest.fixture
def trivium(tmp_path: Path) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(main, ["--data", str(tmp_path / "data"), "music", "data", *arguments])


def test_the_command_keeps_and_lists(folder: Path, trivium: Callable[..., Result]) -> None:
    (folder / "LICENSE").write_text("\nCC0 1.0 Universal\n")
    card: dict[str, Any] = json.loads(trivium(str(folder), "--out", "mine", "--json").stdout)
    assert card["name"] == "mine" and card["counts"]["all"]["pieces"] == 12
    assert card["licence"] == "LICENSE: CC0 1.0 Universal"
    assert {row["split"] for row in card["pieces"]} == {"train", "valid", "test"}
    assert len(card["leak"]) == 4
    text = trivium(str(folder)).stdout
    assert "Nothing was kept" in text and "Mind: 12 pieces" in text and "bpm" in text
    listed = json.loads(trivium("--json").stdout)
    assert [row["name"] for row in listed["sets"]] == ["mine"]


def test_the_command_refuses_in_a_sentence(folder: Path, trivium: Callable[..., Result]) -> None:
    for arguments in ((str(folder), "--bach"), (str(folder), "--out", "no such?name"), (str(folder / "nowhere"),)):
        done = trivium(*arguments)
        assert done.exit_code == 1 and done.stderr.splitlines()[-1].startswith("Error: ")


def test_without_music21_the_command_says_how_to_get_it(
        trivium: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "music21", None)
    done = trivium("--bach")
    assert done.exit_code == 1
    assert 'pip install "trivium[corpus]"' in done.stderr


def test_what_names_its_rights_is_passed_over(tmp_path: Path) -> None:
    def mxl(name: str, rights: str) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as whole:
            whole.writestr("META-INF/container.xml", "<rights>not of the music</rights>")
            whole.writestr("piece.xml", f"<score-partwise><identification>{rights}</identification></score-partwise>")
        return tmp_path / name

    assert not dataset_corpus.names_rights(mxl("free.mxl", ""))
    assert not dataset_corpus.names_rights(mxl("blank.mxl", "<rights>\r\n\t</rights>"))
    assert dataset_corpus.names_rights(mxl("owned.mxl", "<rights type='music'>(c) 2003 A Publisher</rights>"))


@pytest.mark.parametrize(("line", "owned"), [
    ("Z:Contributed by A Fiddler", False), ("T:The Rights of Man (c) 1883", False), ("N:licence of the bow", True),
    ("Z: Copyright 2003 A Transcriber", True), ("%%abc-copyright (C) 2003", True), ("N:by permission of", True)])
def test_a_tune_that_names_its_rights_is_passed_over(tmp_path: Path, line: str, owned: bool) -> None:
    path = tmp_path / "tune.abc"
    path.write_text(f"X:1\n{line}\nK:C\nCDE|\n")
    assert dataset_corpus.names_rights(path) is owned


def test_a_collection_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(NotFound) as refused:
        dataset_corpus.prepare_corpus("jazz")
    assert "bach, quartets, madrigals, folk" in refused.value.hint


@pytest.mark.slow
@pytest.mark.parametrize(("name", "pieces", "voices"), [
    ("quartets", 46, {4}), ("madrigals", 46, {5, 6}), ("folk", 1009, {1})])
def test_other_collections_have_works_for_several_parts(name: str, pieces: int, voices: set[int]) -> None:
    pytest.importorskip("music21", reason="music21 is not installed")
    made = dataset_corpus.prepare_corpus(name)
    assert made.card["counts"]["all"]["pieces"] == pieces
    assert {piece.voices for piece in made.pieces} == voices
    assert made.card["licence"] == dataset_corpus.LICENCE


@pytest.mark.slow
def test_bach_comes_out_of_the_corpus_as_counted() -> None:
    pytest.importorskip("music21", reason="music21 is not installed")
    made = dataset_corpus.prepare_corpus("bach")
    assert made.card["counts"]["all"]["pieces"] == 364 - 14
    assert len(made.card["duplicates"]) == 14
