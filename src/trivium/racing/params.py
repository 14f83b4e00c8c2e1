"""The dictionary that a reward function is called with: DeepRacer's keys, value for value.

The simulator writes one row of floats a car, in the layout of ``Row``; ``ParamsBuilder.build`` turns a row
into a fresh dictionary. Where the old service departed from its own guide, the service is followed: ``x`` and
``y`` are the point 0.14 m ahead of the car's origin, ``speed`` and ``steering_angle`` are commanded values,
``steps`` is a float, the headings of bot cars are radians. Imports neither NumPy nor Numba, so that checking
a reward function starts quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


class Row(NamedTuple):
    """Columns of the simulator's array, float64 (n_cars, ROW_WIDTH). Flags are 0.0 or 1.0."""

    x: float  # m, front point
    y: float  # m, front point
    heading_deg: float  # -180..180, 0 along +x, counter-clockwise positive
    progress: float  # percent since this episode's start
    steps: float  # 1.0 is the prepare step, so the first call sees 2.0
    speed: float  # m/s, commanded
    steering_angle: float  # degrees, commanded, left positive
    distance_from_center: float  # m
    track_width: float  # m, at the front point's projection
    closest_prev: float  # waypoint at or behind the front point
    closest_next: float  # the one after it, wraps to 0
    is_left_of_center: float
    all_wheels_on_track: float
    is_offtrack: float
    is_crashed: float
    ndist: float  # 0..1 along the centre line from the track's own start
    sim_time_s: float


# Plain integers, so that a Numba kernel can use them as constants.
ROW_X = 0
ROW_Y = 1
ROW_HEADING_DEG = 2
ROW_PROGRESS = 3
ROW_STEPS = 4
ROW_SPEED = 5
ROW_STEERING_ANGLE = 6
ROW_DISTANCE_FROM_CENTER = 7
ROW_TRACK_WIDTH = 8
ROW_CLOSEST_PREV = 9
ROW_CLOSEST_NEXT = 10
ROW_IS_LEFT_OF_CENTER = 11
ROW_ALL_WHEELS_ON_TRACK = 12
ROW_IS_OFFTRACK = 13
ROW_IS_CRASHED = 14
ROW_NDIST = 15
ROW_SIM_TIME_S = 16
ROW_WIDTH = 17

DOCUMENTED_KEYS = (
    "all_wheels_on_track", "x", "y", "closest_objects", "closest_waypoints", "distance_from_center",
    "is_crashed", "is_left_of_center", "is_offtrack", "is_reversed", "heading", "objects_distance",
    "objects_heading", "objects_left_of_center", "objects_location", "objects_speed", "progress", "speed",
    "steering_angle", "steps", "track_length", "track_width", "waypoints",
)
UNDOCUMENTED_KEYS = ("projection_distance", "sim_time", "objects_distance_from_center", "object_in_camera")
OUR_KEYS = ("gap_to_next_object_m",)  # only where there are objects
ALL_KEYS = DOCUMENTED_KEYS + UNDOCUMENTED_KEYS + OUR_KEYS

Params = dict[str, Any]


class DrivenTrack(Protocol):
    """What is needed of a track, its rows in the order of driving."""

    @property
    def centre(self) -> Any: ...  # (N, 2) m

    @property
    def length_m(self) -> float: ...


@dataclass(frozen=True)
class RoadObjects:
    """Boxes and bot cars on the track, all fields aligned."""

    location: tuple[tuple[float, float], ...]  # m, centres
    distance_m: tuple[float, ...]  # along the centre line from the start line
    distance_from_center_m: tuple[float, ...]
    left_of_center: tuple[bool, ...]
    heading_rad: tuple[float, ...]  # radians as the old simulator gave, 0.0 for boxes
    speed_mps: tuple[float, ...]  # configured, 0.0 for boxes
    in_camera: tuple[bool, ...]

    def previous_and_next(self, distance_m: float, length_m: float) -> tuple[int, int, float]:
        """Nearest object behind and ahead along the centre line, and the true gap to the one ahead."""
        gaps = [(d - distance_m) % length_m for d in self.distance_m]
        ahead = min(range(len(gaps)), key=gaps.__getitem__)
        behind = max(range(len(gaps)), key=gaps.__getitem__)
        return behind, ahead, gaps[ahead]


class ParamsBuilder:
    """Makes the dictionaries for one track driven one way round.

    ``track`` is given as driven: for a run against the file order that is ``track.reversed()``.
    """

    def __init__(self, track: DrivenTrack, is_reversed: bool = False) -> None:
        self.length_m = float(track.length_m)
        self.is_reversed = bool(is_reversed)
        self._waypoints: list[tuple[float, float]] = [(float(x), float(y)) for x, y in track.centre]
        self._copy_waypoints: Callable[[], list[tuple[float, float]]] = self._waypoints.copy

    def build(self, row: Sequence[float], objects: RoadObjects | None = None) -> Params:
        """One car's dictionary. Quickest from a list of floats: call ``rows.tolist()`` once for all cars.

        Everything mutable in it is fresh, so what a reward function changes is lost.
        """
        if not isinstance(row, (list, tuple)):
            row = [float(value) for value in row]
        (x, y, heading, progress, steps, speed, steering, distance, width, closest_prev, closest_next,
         is_left, all_wheels, offtrack, crashed, ndist, sim_time) = row
        params: Params = {
            "all_wheels_on_track": all_wheels != 0.0,
            "x": x,
            "y": y,
            "heading": heading,
            "progress": progress,
            "steps": steps,
            "speed": speed,
            "steering_angle": steering,
            "distance_from_center": distance,
            "track_width": width,
            "track_length": self.length_m,
            "waypoints": self._copy_waypoints(),
            "closest_waypoints": [int(closest_prev), int(closest_next)],
            "is_left_of_center": is_left != 0.0,
            "is_reversed": self.is_reversed,
            "is_offtrack": offtrack != 0.0,
            "is_crashed": crashed != 0.0,
            "projection_distance": ndist * self.length_m,
            "sim_time": sim_time,
            "closest_objects": [0, 0],
            "objects_location": [],
            "objects_distance": [],
            "objects_distance_from_center": [],
            "objects_left_of_center": [],
            "objects_heading": [],
            "objects_speed": [],
            "object_in_camera": False,
        }
        if objects is not None and objects.location:
            self._add_objects(params, objects)
        return params

    def _add_objects(self, params: Params, objects: RoadObjects) -> None:
        behind, ahead, gap_m = objects.previous_and_next(params["projection_distance"], self.length_m)
        params["closest_objects"] = [behind, ahead]
        params["objects_location"] = [list(place) for place in objects.location]
        params["objects_distance"] = list(objects.distance_m)
        params["objects_distance_from_center"] = list(objects.distance_from_center_m)
        params["objects_left_of_center"] = list(objects.left_of_center)
        params["objects_heading"] = list(objects.heading_rad)
        params["objects_speed"] = list(objects.speed_mps)
        params["object_in_camera"] = objects.in_camera[ahead]
        params["gap_to_next_object_m"] = gap_m
