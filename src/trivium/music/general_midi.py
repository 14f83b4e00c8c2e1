"""The names of the 128 General MIDI instruments, in the order of their program numbers."""

from __future__ import annotations

NAMES = """Grand Piano, Bright Piano, Electric Grand, Honky-tonk Piano, Electric Piano 1, Electric Piano 2, Harpsichord,
Clavinet, Celesta, Glockenspiel, Music Box, Vibraphone, Marimba, Xylophone, Tubular Bells, Dulcimer, Drawbar Organ,
Percussive Organ, Rock Organ, Church Organ, Reed Organ, Accordion, Harmonica, Tango Accordion, Nylon Guitar,
Steel Guitar, Jazz Guitar, Clean Guitar, Muted Guitar, Overdriven Guitar, Distorted Guitar, Guitar Harmonics,
Acoustic Bass, Fingered Bass, Picked Bass, Fretless Bass, Slap Bass 1, Slap Bass 2, Synth Bass 1, Synth Bass 2, Violin,
Viola, Cello, Contrabass, Tremolo Strings, Pizzicato Strings, Harp, Timpani, String Ensemble 1, String Ensemble 2,
Synth Strings 1, Synth Strings 2, Choir, Voice, Synth Voice, Orchestra Hit, Trumpet, Trombone, Tuba, Muted Trumpet,
French Horn, Brass Section, Synth Brass 1, Synth Brass 2, Soprano Sax, Alto Sax, Tenor Sax, Baritone Sax, Oboe,
English Horn, Bassoon, Clarinet, Piccolo, Flute, Recorder, Pan Flute, Bottle, Shakuhachi, Whistle, Ocarina, Square Lead,
Saw Lead, Calliope Lead, Chiff Lead, Charang Lead, Voice Lead, Fifths Lead, Bass and Lead, New Age Pad, Warm Pad,
Polysynth Pad, Choir Pad, Bowed Pad, Metallic Pad, Halo Pad, Sweep Pad, Rain, Soundtrack, Crystal, Atmosphere,
Brightness, Goblins, Echoes, Science Fiction, Sitar, Banjo, Shamisen, Koto, Kalimba, Bagpipe, Fiddle, Shanai,
Tinkle Bell, Agogo, Steel Drums, Woodblock, Taiko, Melodic Tom, Synth Drum, Reverse Cymbal, Fret Noise, Breath Noise,
Seashore, Bird, Telephone, Helicopter, Applause, Gunshot"""

INSTRUMENTS: tuple[str, ...] = tuple(name.strip() for name in NAMES.replace("\n", " ").split(","))


def instrument(program: int, is_drum: bool = False) -> str:
    """What a part of this program is called where it has no name of its own."""
    return "Drums" if is_drum else INSTRUMENTS[program]
