"""Files of notes in and out: MIDI, MusicXML, ABC, piano rolls, projects."""
