// A score as a list of timed messages: what the renderer plays from beginning to end.
import { end, isAudible, type Score } from "../engine/document";
import { TempoMap } from "../engine/timeline";
import { channelOf } from "./channels";

export interface Seating {
  channel: number;
  program: number;
  is_drum: boolean;
  volume: number;
  pan: number;
}

export interface PlayedNote {
  at: number;
  channel: number;
  pitch: number;
  /** 0 ends the note. */
  velocity: number;
}

export interface Performance {
  seats: Seating[];
  events: PlayedNote[];
  seconds: number;
}

export function performanceOf(score: Score): Performance {
  const tempo = new TempoMap(score.tempos);
  const seats: Seating[] = [];
  const events: PlayedNote[] = [];
  score.tracks.forEach((track, index) => {
    if (!isAudible(score, track)) return;
    const channel = channelOf(index);
    seats.push({
      channel,
      program: track.program,
      is_drum: track.is_drum,
      volume: track.volume,
      pan: track.pan,
    });
    for (const note of track.notes) {
      events.push({ at: tempo.seconds(note.onset), channel, pitch: note.pitch, velocity: note.velocity });
      events.push({ at: tempo.seconds(end(note)), channel, pitch: note.pitch, velocity: 0 });
    }
  });
  // The ends first: a repeated note must be let go before it is struck again.
  events.sort((a, b) => a.at - b.at || Math.sign(a.velocity) - Math.sign(b.velocity));
  return { seats, events, seconds: events.at(-1)?.at ?? 0 };
}
