"""What an activity model learns from: the clips of a project, moment by moment, copied into the run when it is made.

`inputs/clips.json` names clips and classes, `inputs/moments.npz` holds what the backbone says of each moment of each
clip (plain arrays, no pickle), `inputs/samples.npz` a few pictures on which the finished model is checked.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadConfig, BadFile
from trivium.vision.activity.frame_network import KEY, NUMBERS, unpacked
from trivium.vision.activity.ranging import clips_in
from trivium.vision.activity.sampling import SIZE, ticks_in
from trivium.vision.activity.strips import COLUMNS, STRIP
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.data import SAMPLES, npz
from trivium.vision.classification.split import Ints, stratified_folds
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import Item, Project

CLIPS, MOMENTS = "clips.json", "moments.npz"
MOST_MOMENTS = 30_000  # 1.3 GB, an hour of clips
SAMPLE_COUNT = 4
GROUP = re.compile(r"v_[^/]*_g(\d+)_c\d+\.[^/]*$")  # as UCF101 names clips that were cut from one video


@dataclass(frozen=True)
class Clips:
    """Clips in the order of their videos' hashes, so that the order of arrival changes nothing."""

    project: str
    classes: list[str]
    sha256: list[str]  # of each clip's video
    names: list[str]
    ranges: list[tuple[float, float]]  # seconds
    labels: Ints  # (N,)
    groups: Ints  # (N,) clips with the same number come from one video
    lengths: Ints  # (N,) moments of each
    moments: Any  # (sum of lengths, NUMBERS) float16

    @property
    def content_hash(self) -> str:
        """Tells two training sets apart: which clips, with which classes."""
        return files.sha256_bytes(json.dumps(self.rows(), ensure_ascii=False).encode())

    def rows(self) -> list[dict[str, Any]]:
        """The clips as JSON."""
        return [{"sha256": sha256, "name": name, "start_s": start, "end_s": end, "label": self.classes[label],
                 "group": group, "moments": length}
                for sha256, name, (start, end), label, group, length in zip(
                    self.sha256, self.names, self.ranges, self.labels.tolist(), self.groups.tolist(),
                    self.lengths.tolist(), strict=True)]

    def of(self, k: int, places: Ints) -> Floats:
        """Moments of the k-th clip, (T, NUMBERS)."""
        begin = int(self.lengths[:k].sum())
        found: Floats = self.moments[begin + places].astype(np.float32)
        return found


def clips_of(project: Project, store: PictureStore) -> Clips:
    """The clips of a project; BadConfig where nothing can be learned from them."""
    items = sorted(project.labelled(), key=lambda item: item.sha256)
    pairs = [(item, each) for item in items for each in clips_in(item)]
    counts = Counter(each.label for _, each in pairs)
    classes = [name for name in project.classes if counts[name]]
    groups = groups_of([item for item, _ in pairs])
    _refuse_what_teaches_nothing(classes, [each.label for _, each in pairs], groups)
    cut = []
    for item, each in pairs:
        moments = moments_of(item, store)
        first, last = ticks_in(each.start_s, each.end_s, len(moments))
        cut.append(moments[first:last])
    lengths = np.array([len(each) for each in cut])
    if lengths.sum() > MOST_MOMENTS:
        raise BadConfig("These are more than an hour of clips, too many to learn from on this machine.",
                        "Make a project with fewer of them.")
    return Clips(project.name, classes, [item.sha256 for item, _ in pairs], [item.name for item, _ in pairs],
                 [(each.start_s, each.end_s) for _, each in pairs],
                 np.array([classes.index(each.label) for _, each in pairs]), groups, lengths, np.concatenate(cut))


def _refuse_what_teaches_nothing(classes: list[str], labels: list[str], groups: Ints) -> None:
    if len(classes) < 2:
        have = f"only '{classes[0]}' has clips" if classes else "no clip has a class yet"
        raise BadConfig(f"An activity model needs at least two classes, and {have}.", "Add clips of something else.")
    for name in classes:
        if len({int(group) for label, group in zip(labels, groups, strict=True) if label == name}) < 2:
            raise BadConfig(f"All clips of '{name}' come from one video, so nothing would be left to test on.",
                            "Add another video of it; 20 clips of several people are a good beginning.")


def groups_of(items: list[Item]) -> Ints:
    """Clips of one video have one number, as have those whose names say that they were cut from one."""
    keys = [found[0].rpartition("_c")[0] if (found := GROUP.search(item.name)) else item.sha256 for item in items]
    order = list(dict.fromkeys(keys))
    return np.array([order.index(key) for key in keys], np.int64)


def moments_of(item: Item, store: PictureStore) -> Any:
    """(T, NUMBERS) in half precision: what was kept of each moment of a video when it came in."""
    cached = store.features(KEY, item.sha256)
    if cached is None or not cached or len(cached) % (2 * NUMBERS):
        raise BadFile(f"The video {item.name} could not be looked at.", "Import it once more.")
    return unpacked(cached)


def inputs_of(clips: Clips, store: PictureStore) -> dict[str, Content]:
    """What a training's run folder takes along."""
    card = {"project": clips.project, "classes": clips.classes, "clips": clips.rows(),
            "content_sha256": clips.content_hash}
    return {CLIPS: json.dumps(card, ensure_ascii=False), MOMENTS: npz(moments=clips.moments),
            SAMPLES: npz(pictures=samples(clips, store))}


def samples(clips: Clips, store: PictureStore) -> Bytes:
    """(4, 224, 224, 3): frames from strips, which are JPEGs of our own, squashed as the network sees them."""
    chosen, found = np.linspace(0, len(clips.sha256) - 1, SAMPLE_COUNT).astype(int), []
    for k in chosen:
        with Image.open(store.derived(STRIP, clips.sha256[k]), formats=("JPEG",)) as strip:
            width = strip.width // COLUMNS
            found.append(squashed(strip.crop((0, 0, width, min(width, strip.height))), SIZE))
    return np.stack(found)


def clips_of_run(run: Run) -> Clips:
    """The clips that were copied into a run when it was made."""
    return open_clips(run.input(CLIPS), run.input(MOMENTS))


def open_clips(card_path: Path, arrays: Path) -> Clips:
    """The clips in a run's inputs."""
    card = files.read_json(card_path)
    try:
        with np.load(io.BytesIO(files.read_file(arrays)), allow_pickle=False) as stored:
            moments = stored["moments"]
        classes, rows = list(card["classes"]), card["clips"]
        clips = Clips(card["project"], classes, [row["sha256"] for row in rows], [row["name"] for row in rows],
                      [(row["start_s"], row["end_s"]) for row in rows],
                      np.array([classes.index(row["label"]) for row in rows], np.int64),
                      np.array([row["group"] for row in rows], np.int64),
                      np.array([row["moments"] for row in rows], np.int64), moments)
        whole = (clips.content_hash == card["content_sha256"] and moments.shape == (clips.lengths.sum(), NUMBERS))
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile):
        whole = False
    if not whole:
        raise BadFile("The clips of this run are damaged.", "Start a new run.")
    return clips


def held_out(clips: Clips, share: float, seed: int) -> Any:
    """(N,) bool: the clips that are never learned from; those of one video on one side, the classes' shares kept."""
    folds = stratified_folds(clips.labels.tolist(), clips.groups.tolist(), max(2, round(1 / share)), seed)
    return np.asarray(folds == 0)
