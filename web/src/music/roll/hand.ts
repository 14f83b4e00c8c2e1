// What gestures may do, done to the open piece; and the keys of the roll.

import { scoreEnd } from "../engine/document";
import type { Hand } from "../engine/gestures/gesture";
import type { Box } from "../engine/overlay";
import type { Action } from "../engine/shortcuts";
import { band } from "../sound/band.svelte";
import type { Studio, Trial } from "../studio.svelte";
import type { Transport } from "../transport.svelte";
import type { View } from "./view.svelte";

export function handOf(
  studio: Studio,
  transport: Transport,
  view: View,
  setBox: (box: Box | null) => void,
): Hand {
  return {
    get score() {
      return studio.score;
    },
    get track() {
      return studio.score.tracks.find((track) => track.id === studio.trackId) ?? studio.track;
    },
    get selection() {
      return studio.selection;
    },
    get grid() {
      return studio.grid;
    },
    get noteLength() {
      return studio.noteLength;
    },
    set noteLength(ticks) {
      studio.noteLength = ticks;
    },
    get slack() {
      return 8 / view.ticks.pixelsPerTick;
    },
    select: (ids) => {
      studio.selection = ids;
    },
    preview: (patches) => studio.preview(patches),
    commit: (label, patches) => studio.do(label, patches),
    hear: (pitch, velocity) => void band.audition(studio.trackId, pitch, velocity),
    setBox,
    setLoop: (loop) => {
      studio.loop = loop;
      studio.loopOn = loop !== null;
    },
    seek: (tick) => {
      transport.seek(tick);
      studio.cursor = { ...studio.cursor, tick: Math.max(0, tick) };
    },
    snap: (tick, free, round) => Math.max(0, studio.snap(tick, free, round)),
  };
}

/** Does what a key asked for. False: the browser may have the key. */
export function perform(action: Action, studio: Studio, transport: Transport, view: View): boolean {
  const step = studio.grid || 60;
  const shown = () => view.reveal(studio.cursor);
  if (studio.trial && !TRIAL_KEYS.has(action.kind)) return onTrial(action, studio.trial, view);
  switch (action.kind) {
    case "walk": {
      const note = studio.walk(action.step);
      if (note) {
        view.revealNote(note);
        void band.audition(studio.trackId, note.pitch, note.velocity);
      }
      return note !== null;
    }
    case "arrow": {
      const semitones = action.y * (action.far ? 12 : 1);
      if (studio.selection.size > 0) {
        studio.nudge(action.x * step, semitones);
        const [note] = studio.selected;
        if (note) {
          view.revealNote(note);
          if (action.y) void band.audition(studio.trackId, note.pitch, note.velocity);
        }
      } else {
        const { tick, pitch } = studio.cursor;
        const next = Math.min(127, Math.max(0, pitch + semitones));
        studio.cursor = { tick: Math.max(0, studio.snap(tick + action.x * step)), pitch: next };
        if (action.y) void band.audition(studio.trackId, next, 80);
        shown();
      }
      return true;
    }
    case "insert": {
      const note = studio.insertAtCursor();
      if (note) void band.audition(studio.trackId, note.pitch, note.velocity);
      shown();
      return true;
    }
    case "home":
    case "end":
      studio.selection = new Set();
      studio.cursor = { ...studio.cursor, tick: action.kind === "home" ? 0 : scoreEnd(studio.score) };
      transport.seek(studio.cursor.tick);
      shown();
      return true;
    case "zoom":
      view.zoomTime(action.by > 0 ? 1.3 : 1 / 1.3);
      return true;
    default:
      return simple(action, studio, transport);
  }
}

/** What keys do as ever while a step is looked at. */
const TRIAL_KEYS: ReadonlySet<Action["kind"]> = new Set(["undo", "redo", "play", "zoom", "home", "end"]);

/** The notes that came and went are walked and taken back; nothing else of the piece can be changed. */
function onTrial(action: Action, trial: Trial, view: View): boolean {
  if (action.kind === "walk") {
    const note = trial.walk(action.step);
    if (note) view.revealNote(note);
    return note !== null;
  }
  if (action.kind === "delete" || action.kind === "insert") trial.toggle();
  else if (action.kind !== "arrow") return false;
  else view.scrollBy(action.x * 60, -action.y * 20, scoreEnd(trial.score));
  return true;
}

function simple(action: Action, studio: Studio, transport: Transport): boolean {
  switch (action.kind) {
    case "leave":
      studio.selection = new Set();
      return true;
    case "stretch":
      studio.stretch(action.by * (studio.grid || 60));
      return true;
    case "louder":
      studio.louder(action.by);
      return true;
    case "delete":
      studio.delete();
      return true;
    case "all":
      studio.selectAll();
      return true;
    case "copy":
      studio.copy();
      return true;
    case "cut":
      studio.copy();
      studio.delete();
      return true;
    case "paste":
      studio.paste(studio.cursor.tick);
      return true;
    case "duplicate":
      studio.duplicate();
      return true;
    case "undo":
      studio.undo();
      return true;
    case "redo":
      studio.redo();
      return true;
    case "quantise":
      studio.quantise();
      return true;
    case "pin":
      studio.togglePins();
      return true;
    case "loop":
      studio.loopSelection();
      return true;
    case "split":
      studio.split(studio.cursor.tick);
      return true;
    case "legato":
      studio.legato();
      return true;
    case "play":
      transport.toggle();
      return true;
    case "tool":
      studio.tool = action.tool;
      return true;
    default:
      return false;
  }
}
