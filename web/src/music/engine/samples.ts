// Pieces made by a seeded dice, for tests and for measuring: small ones that reach every corner, large ones that are slow.
import { makeTrack, type Note, type Score } from "./document";

/** Mulberry32: small, seeded, good enough to shuffle notes. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function randomNotes(count: number, ticks: number, seed: number): Note[] {
  const roll = dice(seed);
  return Array.from({ length: count }, () => ({
    onset: Math.floor(roll() * ticks),
    length: 1 + Math.floor(roll() * 960),
    pitch: Math.floor(30 + roll() * 60),
    velocity: 1 + Math.floor(roll() * 127),
  }));
}

export function randomScore(perTrack: readonly number[], ticks: number, seed: number): Score {
  return {
    title: "",
    tempos: [{ tick: 0, bpm: 120 }],
    metres: [{ tick: 0, beats: 4, beat_unit: 4 }],
    keys: [],
    tracks: perTrack.map((count, i) =>
      makeTrack(`part-${i + 1}`, { name: `Part ${i + 1}` }, randomNotes(count, ticks, seed + i)),
    ),
  };
}
