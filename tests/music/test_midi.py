"""MIDI in = MIDI out, what strangers' files hold, and mido as an independent reader and writer."""

from __future__ import annotations

import io
from typing import Any

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.music.pieces import compositions
from trivium.errors import BadFile
from trivium.music.files.draft import piece_of
from trivium.music.files.midi_read import nearest_bpm, read_midi
from trivium.music.files.midi_write import microseconds, write_midi
from trivium.music.melodies import TUNES, tune_piece
from trivium.music.notes import Composition, Note, Part, Tempo

tried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def there_and_back(piece: Composition) -> Composition:
    return piece_of(read_midi(write_midi(piece)))


def smf(*tracks: bytes, kind: int = 1, division: int = 480) -> bytes:
    """A MIDI file by hand."""
    head = b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in (kind, len(tracks), division))
    return head + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)


END = b"\x00\xff\x2f\x00"
ON, OFF = b"\x90\x3c\x50", b"\x80\x3c\x40"  # middle C


@tried
@given(compositions())
def test_a_piece_goes_out_and_comes_back_the_same(piece: Composition) -> None:
    back = there_and_back(piece)
    assert [part.notes for part in back.parts] == [part.notes for part in piece.parts]
    for name in ("name", "program", "is_drum", "volume", "pan"):
        if name in ("volume", "pan") and sum(part.is_drum for part in piece.parts) > 1:
            continue  # drums share one channel
        assert [getattr(part, name) for part in back.parts] == [getattr(part, name) for part in piece.parts], name
    assert (back.metres, back.keys, back.title) == (piece.metres, piece.keys, piece.title)
    assert [t.tick for t in back.tempos] == [t.tick for t in piece.tempos]
    assert [microseconds(t.bpm) for t in back.tempos] == [microseconds(t.bpm) for t in piece.tempos]


@tried
@given(compositions(most_parts=3))
def test_a_file_goes_through_us_unchanged(piece: Composition) -> None:
    file = write_midi(piece)
    assert write_midi(piece_of(read_midi(file))) == file


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.id)
def test_the_tunes_survive(tune: Any) -> None:
    piece = tune_piece(tune)
    back = there_and_back(piece)
    assert back.parts[0].notes == piece.parts[0].notes and back.tempos == piece.tempos


def heard_by_mido(file: bytes) -> list[list[tuple[int, int, int, int]]]:
    """Each track's notes as mido reads them, (onset, length, pitch, velocity)."""
    found = []
    for track in mido.MidiFile(file=io.BytesIO(file)).tracks:
        tick, sounding, notes = 0, {}, []
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                sounding.setdefault(message.note, []).append((tick, message.velocity))
            elif message.type in ("note_on", "note_off"):
                onset, velocity = sounding[message.note].pop(0)
                notes.append((onset, tick - onset, message.note, velocity))
        found.append(sorted(notes))
    return found


@tried
@given(compositions(most_parts=4))
def test_mido_reads_the_same_notes_from_our_files(piece: Composition) -> None:
    ours = [sorted((n.onset, n.length, n.pitch, n.velocity) for n in part.notes) for part in piece.parts]
    assert heard_by_mido(write_midi(piece))[1:] == ours


@tried
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500), st.integers(0, 127), st.integers(1, 127)),
                min_size=1, max_size=30), st.sampled_from([24, 96, 120, 160, 240, 480]), st.booleans())
def test_we_read_what_mido_writes(gaps: list[tuple[int, int, int, int]], division: int, as_zero: bool) -> None:
    file = mido.MidiFile(type=0, ticks_per_beat=division)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=400_000), mido.Message("program_change", program=7)])
    file.tracks.append(track)
    wanted, tick = [], 0
    scale = 480 // division
    for gap, length, pitch, velocity in gaps:
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=gap))
        off = mido.Message("note_on", note=pitch, velocity=0) if as_zero else mido.Message("note_off", note=pitch)
        track.append(off.copy(time=length))
        wanted.append((scale * (tick + gap), scale * length, pitch, velocity))
        tick += gap + length
    written = io.BytesIO()
    file.save(file=written)
    [part] = piece_of(read_midi(written.getvalue())).parts
    assert [(n.onset, n.length, n.pitch, n.velocity) for n in part.notes] == wanted
    assert part.program == 7


def test_a_division_that_does_not_fit_is_rounded_without_drift() -> None:
    track = mido.MidiTrack([mido.Message("note_on", note=60, velocity=9)])
    for n in range(1, 1000):
        track += [mido.Message("note_off", note=60 + (n - 1) % 12, time=100),
                  mido.Message("note_on", note=60 + n % 12, velocity=9, time=0)]
    file = mido.MidiFile(type=0, ticks_per_beat=384)
    file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    found = read_midi(written.getvalue()).parts[0].notes
    assert all(abs(note[0] - number * 125) <= 0.5 for number, note in enumerate(found))


@pytest.mark.parametrize("bpm", [100, 120, 90, 72.5, 133.333, 4, 1000])
def test_a_tempo_comes_back_as_people_write_it(bpm: float) -> None:
    assert nearest_bpm(microseconds(bpm)) == bpm


def test_each_channel_and_program_of_a_type_0_file_is_a_part() -> None:
    track = (b"\x00\xc0\x05\x00\xc1\x28" b"\x00\x90\x3c\x50" b"\x00\x91\x40\x50" b"\x00\x99\x24\x50"
             b"\x83\x60\x80\x3c\x00" b"\x00\x81\x40\x00" b"\x00\x89\x24\x00"
             b"\x00\xc0\x06" b"\x00\x90\x3c\x50" b"\x83\x60\x80\x3c\x00" + END)
    piece = piece_of(read_midi(smf(track, kind=0)))
    assert [(p.program, p.is_drum, p.name, len(p.notes)) for p in piece.parts] == [
        (5, False, "Electric Piano 2", 1), (6, False, "Harpsichord", 1), (40, False, "Violin", 1), (0, True, "Drums", 1)
    ]


def test_more_parts_than_channels_keep_their_instruments() -> None:
    piece = Composition(parts=[Part(id=f"p{n}", name=f"{n}", program=n, notes=[
        Note(onset=0, length=480, pitch=60, velocity=80)]) for n in range(40)])
    assert [part.program for part in there_and_back(piece).parts] == list(range(40))


def test_a_repeated_note_stays_two_notes() -> None:
    twice = [Note(onset=0, length=480, pitch=60, velocity=80), Note(onset=480, length=480, pitch=60, velocity=80)]
    piece = Composition(parts=[Part(notes=twice)])
    assert there_and_back(piece).parts[0].notes == twice


def test_notes_of_one_pitch_inside_each_other_swap_their_ends() -> None:
    long, short = (Note(onset=onset, length=length, pitch=60, velocity=80) for onset, length in ((0, 960), (240, 240)))
    back = there_and_back(Composition(parts=[Part(notes=[long, short])])).parts[0].notes
    assert [(note.onset, note.end) for note in back] == [(0, 480), (240, 960)]


def test_running_status_and_velocity_zero_are_understood() -> None:
    track = b"\x00\x90\x3c\x50\x83\x60\x3c\x00\x00\x3e\x40\x83\x60\x3e\x00" + END
    assert [note[:4] for note in read_midi(smf(track)).parts[0].notes] == [(0, 480, 60, 80), (480, 480, 62, 64)]


REFUSED = {
    "nothing": (b"", "not a MIDI file"),
    "text": (b"hello, I am a poem" * 20, "not a MIDI file"),
    "half a header": (b"MThd\x00\x00", "not a MIDI file"),
    "no track": (smf(), "no track"),
    "zero division": (smf(END, division=0), "no ticks"),
    "time code of nothing": (smf(END, division=0xE200), "no ticks"),
    "type 2": (smf(END, END, kind=2), "type 2"),
    "type 9": (smf(END, kind=9), "no type 9"),
    "endless number": (smf(b"\x80" * 1000), "no end"),
    "a number of five bytes": (smf(b"\x81\x80\x80\x80\x00" + ON + b"\x10" + OFF + END), "no end"),
    "endless meta length": (smf(b"\x00\xff\x01" + b"\xff" * 500), "no end"),
    "no status": (smf(b"\x00\x3c\x50" + END), "no status"),
    "a message that files do not have": (smf(b"\x00\xf8" + END), "do not have"),
    "an event cut off": (smf(b"\x00\x90\x3c"), "middle of an event"),
    "no notes": (smf(END), "no notes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(BadFile, match=words) as refused:
        piece_of(read_midi(data))
    assert refused.value.hint and refused.value.message.endswith(".")


MENDED = {
    "no note-off": (smf(b"\x00" + ON + b"\x87\x40" + END[1:]), [(0, 960)], "no end"),
    "struck again without a note-off": (smf(b"\x00" + ON + b"\x83\x60" + ON + b"\x83\x60" + OFF + END),
                                        [(0, 960), (480, 480)], "no end"),
    "1 tick": (smf(b"\x00" + ON + b"\x01" + OFF + END), [(0, 1)], None),
    "0 ticks": (smf(b"\x00" + ON + b"\x00" + OFF + END), [(0, 1)], None),
    "tempo 0": (smf(b"\x00\xff\x51\x03\x00\x00\x00\x00" + ON + b"\x83\x60" + OFF + END), [(0, 480)], "tempo of zero"),
    "tempo of 60 million": (smf(b"\x00\xff\x51\x03\x00\x00\x01\x00" + ON + b"\x83\x60" + OFF + END), [(0, 480)],
                            "brought within"),
    "empty key signature": (smf(b"\x00\xff\x59\x00\x00" + ON + b"\x83\x60" + OFF + END), [(0, 480)], None),
    "a metre of 2 to the 200th": (smf(b"\x00\xff\x58\x04\x04\xc8\x18\x08\x00" + ON + b"\x83\x60" + OFF + END),
                                  [(0, 480)], "no music has"),
    "cut off": (smf(b"\x00" + ON + b"\x83\x60" + OFF + b"\x00" + ON + b"\x83\x60" + OFF + END)[:-11],
                [(0, 480)], "middle of a track"),
    "a stray note-off": (smf(b"\x00" + OFF + b"\x00" + ON + b"\x83\x60" + OFF + END), [(0, 480)], None),
    "silent tracks beside": (smf(END, b"\x00" + ON + b"\x83\x60" + OFF + END, END), [(0, 480)], None),
    "RIFF around": (b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + smf(b"\x00" + ON + b"\x83\x60" + OFF + END),
                    [(0, 480)], None),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_mended_is_mended_with_a_remark(name: str) -> None:
    data, wanted, words = MENDED[name]
    draft = read_midi(data)
    [part] = piece_of(draft).parts
    found = [(note.onset, note.length) for note in part.notes]
    assert found == wanted
    assert (words is None) == (draft.warnings == []) and (words is None or words in " ".join(draft.warnings))


@tried
@given(st.binary(max_size=300), st.integers(0, 1))
def test_nothing_but_a_sentence_comes_of_random_bytes(body: bytes, kind: int) -> None:
    for data in (body, smf(body, kind=kind), smf(b"\x00" + ON + body, kind=kind)):
        try:
            piece_of(read_midi(data))
        except BadFile as refused:
            assert refused.hint


def test_a_tempo_map_is_kept() -> None:
    tempos = [Tempo(bpm=120), Tempo(tick=960, bpm=60.5), Tempo(tick=1000, bpm=240)]
    piece = Composition(tempos=tempos, parts=[Part(notes=[Note(onset=0, length=9, pitch=1, velocity=1)])])
    assert there_and_back(piece).tempos == tempos
