"""Writes a composition as a Standard MIDI File of type 1: one track for tempo and metre, then one for each part."""

from __future__ import annotations

from trivium.music.notes import TICKS_PER_QUARTER, Composition, Part

DRUM_CHANNEL = 9
MELODIC_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]
OFF, ON = 0, 1  # at the same tick a note ends before another begins


def write_midi(piece: Composition) -> bytes:
    """The bytes of the file."""
    tracks = [_conductor(piece)]
    melodic = 0
    for part in piece.parts:
        port, channel = (0, DRUM_CHANNEL) if part.is_drum else divmod(melodic, len(MELODIC_CHANNELS))
        if not part.is_drum:
            channel, melodic = MELODIC_CHANNELS[channel], melodic + 1
        tracks.append(_track(part, port, channel))
    header = b"MThd" + (6).to_bytes(4, "big") + b"".join(
        number.to_bytes(2, "big") for number in (1, len(tracks), TICKS_PER_QUARTER))
    return header + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)


def microseconds(bpm: float) -> int:
    """A tempo as MIDI counts it: microseconds a quarter note."""
    return min(max(round(60e6 / bpm), 1), 0xFFFFFF)


def _conductor(piece: Composition) -> bytes:
    events: list[tuple[int, int, bytes]] = [(0, 0, _meta(0x03, piece.title.encode()))] if piece.title else []
    events += [(m.tick, 1, _meta(0x58, bytes([m.beats, m.beat_unit.bit_length() - 1, max(96 // m.beat_unit, 1), 8])))
               for m in piece.metres]
    events += [(k.tick, 2, _meta(0x59, bytes([k.fifths & 0xFF, k.mode == "minor"]))) for k in piece.keys]
    events += [(t.tick, 3, _meta(0x51, microseconds(t.bpm).to_bytes(3, "big"))) for t in piece.tempos]
    return _joined(events)


def _track(part: Part, port: int, channel: int) -> bytes:
    head = [_meta(0x03, part.name.encode())] if part.name else []
    head += [_meta(0x21, bytes([port]))] if port else []
    head += [bytes([0xC0 | channel, part.program]), bytes([0xB0 | channel, 7, part.volume]),
             bytes([0xB0 | channel, 10, part.pan])]
    events = [(0, -1, event) for event in head]
    for note in part.notes:
        events.append((note.onset, ON, bytes([0x90 | channel, note.pitch, note.velocity])))
        events.append((note.end, OFF, bytes([0x80 | channel, note.pitch, 64])))
    return _joined(events)


def _joined(events: list[tuple[int, int, bytes]]) -> bytes:
    written, last = bytearray(), 0
    for tick, _, event in sorted(events, key=lambda event: event[:2]):
        written += _number(tick - last) + event
        last = tick
    return bytes(written) + b"\x00" + _meta(0x2F, b"")


def _meta(kind: int, body: bytes) -> bytes:
    return bytes([0xFF, kind]) + _number(len(body)) + body


def _number(value: int) -> bytes:
    """A variable-length number; a gap longer than four bytes can say is not in any composition."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))
