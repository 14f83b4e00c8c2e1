"""MusicXML out and in again, what other programs write, and what is refused."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings

from tests.music.pieces import compositions
from trivium.errors import BadFile
from trivium.music.bars import bars_of
from trivium.music.files.draft import piece_of
from trivium.music.files.midi_write import microseconds
from trivium.music.files.musicxml_read import measure_length, read_musicxml, read_mxl
from trivium.music.files.musicxml_write import notated, split, write_musicxml
from trivium.music.melodies import TUNES, Tune, tune_piece
from trivium.music.notes import Composition, Key, Metre, Note, Part

tried = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def there_and_back(piece: Composition) -> Composition:
    return piece_of(read_musicxml(write_musicxml(piece)))


def sounds(part: Part) -> list[tuple[int, int, int, int]]:
    return sorted((n.onset, n.length, n.pitch, n.velocity) for n in part.notes)


@tried
@given(compositions(most_parts=4))
def test_a_piece_goes_out_and_comes_back_sounding_the_same(piece: Composition) -> None:
    back = there_and_back(piece)
    assert [sounds(part) for part in back.parts] == [sounds(part) for part in piece.parts]
    for name in ("name", "program", "is_drum", "volume", "pan"):
        assert [getattr(part, name) for part in back.parts] == [getattr(part, name) for part in piece.parts], name
    assert [bar.tick for bar in bars_of(back)] == [bar.tick for bar in bars_of(piece)]
    heard = {tempo.tick: microseconds(tempo.bpm) for tempo in back.tempos}
    assert heard == {tempo.tick: microseconds(tempo.bpm) for tempo in piece.tempos}


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.id)
def test_the_tunes_survive_with_key_and_metre(tune: Tune) -> None:
    piece = tune_piece(tune)
    back = there_and_back(piece)
    assert back.parts[0].notes == piece.parts[0].notes
    assert (back.metres, back.keys, back.tempos, back.title) == (piece.metres, piece.keys, piece.tempos, piece.title)


def test_keys_that_begin_a_bar_are_kept() -> None:
    note = Note(onset=0, length=7680, pitch=60, velocity=80)
    piece = Composition(keys=[Key(fifths=-3, mode="minor"), Key(tick=3840, fifths=2)], parts=[Part(notes=[note])])
    assert there_and_back(piece).keys == piece.keys


@pytest.mark.parametrize(("length", "parts"), [
    (480, [480]), (1680, [1440, 240]), (600, [480, 120]), (320, [320]), (160, [160]), (200, [160, 40]), (7, [7]),
    (2880, [2880]), (30, [30])])
def test_a_length_is_written_as_note_heads_can(length: int, parts: list[int]) -> None:
    assert split(length) == parts


def test_what_no_note_head_can_write_is_moved_for_readers() -> None:
    piece = Composition(parts=[Part(notes=[Note(onset=7, length=470, pitch=60, velocity=80),
                                           Note(onset=480, length=160, pitch=62, velocity=80)])])
    assert [(n.onset, n.length) for n in notated(piece).parts[0].notes] == [(0, 480), (480, 160)]


def test_a_held_note_is_tied_over_the_bar_line() -> None:
    piece = Composition(metres=[Metre(beats=3, beat_unit=4)],
                        parts=[Part(notes=[Note(onset=960, length=960, pitch=61, velocity=80)])])
    text = write_musicxml(piece).decode()
    assert text.count('<tie type="start" />') == text.count('<tie type="stop" />') == 1
    assert "<step>C</step>" in text and "<alter>1</alter>" in text
    flat = piece.model_copy(update={"keys": [Key(fifths=-5)]})
    assert "<step>D</step>" in write_musicxml(flat).decode()


def score(measures: str, head: str = "", doctype: str = "") -> bytes:
    return (f'<?xml version="1.0"?>{doctype}<score-partwise version="3.1"><part-list><score-part id="P1">'
            f"<part-name>Clarinet</part-name>{head}</score-part></part-list>"
            f'<part id="P1">{measures}</part></score-partwise>').encode()


def note(step: str, octave: int, duration: int, extra: str = "", before: str = "") -> str:
    return (f"<note>{before}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{duration}</duration>"
            f"{extra}</note>")


TIED = '<tie type="{}"/>'
ATTRIBUTES = ("<attributes><divisions>2</divisions><key><fifths>1</fifths></key><time><beats>2</beats>"
              "<beat-type>4</beat-type></time>{}</attributes>")


def test_chords_backup_ties_transposition_and_an_upbeat() -> None:
    measures = (
        f'<measure number="0" implicit="yes">{ATTRIBUTES.format("")}{note("G", 4, 1)}</measure>'
        f'<measure number="1"><direction><sound tempo="90"/></direction>{note("C", 4, 2)}'
        f'{note("E", 4, 2, before="<chord/>")}{note("G", 4, 2, TIED.format("start"))}'
        f"<backup><duration>4</duration></backup><forward><duration>1</duration></forward>{note('A', 3, 3)}</measure>"
        f'<measure number="2">{note("G", 4, 4, TIED.format("stop"))}</measure>')
    piece = piece_of(read_musicxml(score(measures)))
    assert sounds(piece.parts[0]) == sorted([(0, 240, 67, 80), (240, 480, 60, 80), (240, 480, 64, 80),
                                             (720, 1440, 67, 80), (480, 720, 57, 80)])
    assert [(bar.tick, bar.length) for bar in bars_of(piece)] == [(0, 240), (240, 960), (1200, 960)]
    assert [(t.tick, t.bpm) for t in piece.tempos] == [(0, 120), (240, 90)]
    moved = "<transpose><chromatic>-2</chromatic></transpose>"
    clarinet = piece_of(read_musicxml(score(f'<measure>{ATTRIBUTES.format(moved)}{note("D", 4, 4)}</measure>')))
    assert clarinet.parts[0].notes[0].pitch == 60 and clarinet.keys == []


@pytest.mark.parametrize(("lengths", "wanted"), [
    ([], 960), ([960, 960, 1920, 960], 960), ([240, 240], 240), ([480, 960], 960), ([480, 720], 720),
    ([960, 1920, 960, 960], 960)])
def test_a_part_that_miscounts_does_not_move_the_others(lengths: list[int], wanted: int) -> None:
    assert measure_length(lengths, 960) == wanted


def test_parts_may_have_bar_lines_of_their_own() -> None:
    def part(name: str, *rows: tuple[str, int]) -> str:
        return f'<part id="{name}">{"".join(f"<measure>{note(step, 4, n)}</measure>" for step, n in rows)}</part>'

    parts = part("P1", ("C", 4), ("D", 4), ("E", 8)) + part("P2", ("F", 8), ("G", 4), ("A", 4))
    listed = "".join(f'<score-part id="{name}"><part-name>{name}</part-name></score-part>' for name in ("P1", "P2"))
    piece = piece_of(read_musicxml(f"<score-partwise><part-list>{listed}</part-list>{parts}</score-partwise>".encode()))
    assert [[n.onset for n in part.notes] for part in piece.parts] == [[0, 1920, 3840], [0, 3840, 5760]]


def test_a_timewise_score_and_an_mxl_are_read() -> None:
    timewise = ('<score-timewise><part-list><score-part id="P1"><part-name>x</part-name></score-part></part-list>'
                f'<measure number="1"><part id="P1">{note("C", 4, 4)}</part></measure></score-timewise>').encode()
    assert piece_of(read_musicxml(timewise)).parts[0].notes[0].pitch == 60
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles>'
                                                   "</container>")
        archive.writestr("a/b.xml", score(f"<measure>{note('C', 4, 4)}</measure>"))
    assert piece_of(read_mxl(packed.getvalue())).parts[0].name == "Clarinet"


def test_a_tie_without_an_end_is_a_tie() -> None:
    measures = f'<measure>{note("G", 4, 4, TIED.format("start"))}</measure><measure>{note("G", 4, 4)}</measure>'
    assert [(n.onset, n.length) for n in piece_of(read_musicxml(score(measures))).parts[0].notes] == [(0, 3840)]


def test_the_usual_doctype_is_no_danger() -> None:
    doctype = '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD" "http://www.musicxml.org/dtds/partwise.dtd">'
    assert piece_of(read_musicxml(score(f"<measure>{note('C', 4, 4)}</measure>", doctype=doctype)))


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True)) + "]>"
REFUSED = {
    "cut off": (score("<measure>" + note("C", 4, 4))[:-30], "can't be read in line 1"),
    "not a score": (b"<html><body/></html>", "not a MusicXML score"),
    "a billion laughs": (score("<measure>&j;</measure>", doctype=LAUGHS), "entities"),
    "a file of the computer's": (score("<measure>&f;</measure>", doctype=(
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>')), "entities"),
    "no part": (b"<score-partwise/>", "no part"),
    "no notes": (score("<measure/>"), "no notes"),
    "divisions 0": (score("<measure><attributes><divisions>0</divisions></attributes></measure>"), "no parts"),
    "endless note": (score(f"<measure>{note('C', 4, 999999999)}</measure>"), "no note has"),
    "no pitch": (score(f"<measure>{note('H', 4, 4)}</measure>"), "no pitch"),
    "not XML": (b"\xff\xfe\x00\x01", "can't be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_in_a_sentence(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(BadFile, match=words) as refused:
        piece_of(read_musicxml(data))
    assert refused.value.hint and refused.value.message.endswith(".")


def test_what_is_passed_over_is_said() -> None:
    grace = f'<measure>{note("C", 4, 0, before="<grace/>")}{note("D", 4, 4)}<barline><repeat direction="backward"/>' \
            "</barline></measure>"
    draft = read_musicxml(score(grace))
    assert len(draft.parts[0].notes) == 1 and len(draft.warnings) == 2
