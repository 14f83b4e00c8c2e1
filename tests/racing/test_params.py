"""The reward function's dictionary: every key, its value, its kind."""

from __future__ import annotations

import copy
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from trivium.racing import params as contract
from trivium.racing.params import ParamsBuilder, RoadObjects, Row

SQUARE = SimpleNamespace(centre=np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]]), length_m=16.0)
ROW = Row(x=1.5, y=-0.25, heading_deg=-170.0, progress=12.5, steps=7.0, speed=2.0, steering_angle=-30.0,
          distance_from_center=0.25, track_width=0.76, closest_prev=3.0, closest_next=4.0, is_left_of_center=1.0,
          all_wheels_on_track=0.0, is_offtrack=1.0, is_crashed=0.0, ndist=0.75, sim_time_s=0.4)


def test_every_value_stands_under_its_key_without_objects():
    assert ParamsBuilder(SQUARE).build(list(ROW)) == {
        "all_wheels_on_track": False, "x": 1.5, "y": -0.25, "heading": -170.0, "progress": 12.5, "steps": 7.0,
        "speed": 2.0, "steering_angle": -30.0, "distance_from_center": 0.25, "track_width": 0.76, "track_length": 16.0,
        "waypoints": [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)], "closest_waypoints": [3, 4],
        "is_left_of_center": True, "is_reversed": False, "is_offtrack": True, "is_crashed": False,
        "projection_distance": 12.0, "sim_time": 0.4, "closest_objects": [0, 0], "objects_location": [],
        "objects_distance": [], "objects_distance_from_center": [], "objects_left_of_center": [],
        "objects_heading": [], "objects_speed": [], "object_in_camera": False,
    }


def test_the_lists_of_keys_are_those_of_the_dictionary():
    built = ParamsBuilder(SQUARE).build(list(ROW))
    assert set(built) == set(contract.DOCUMENTED_KEYS) | set(contract.UNDOCUMENTED_KEYS)
    assert len(contract.DOCUMENTED_KEYS) == 23


@pytest.mark.parametrize("row", [list(ROW), tuple(ROW), np.array(ROW)], ids=["list", "tuple", "array"])
def test_values_are_plain_python_of_the_kind_the_old_simulator_gave(row):
    built = ParamsBuilder(SQUARE).build(row)
    for key in ("x", "y", "heading", "progress", "steps", "speed", "steering_angle", "distance_from_center",
                "track_width", "track_length", "projection_distance", "sim_time"):
        assert type(built[key]) is float, key
    for key in ("all_wheels_on_track", "is_left_of_center", "is_reversed", "is_offtrack", "is_crashed",
                "object_in_camera"):
        assert type(built[key]) is bool, key
    assert [type(index) for index in built["closest_waypoints"]] == [int, int]
    assert type(built["waypoints"]) is list
    assert {type(point) for point in built["waypoints"]} == {tuple}
    assert {type(value) for point in built["waypoints"] for value in point} == {float}


def test_the_columns_are_those_of_the_row():
    columns = {name.removeprefix("ROW_").lower(): value for name, value in vars(contract).items()
               if name.startswith("ROW_") and name != "ROW_WIDTH"}
    assert columns == {name: index for index, name in enumerate(Row._fields)}
    assert len(Row._fields) == contract.ROW_WIDTH


def test_what_a_reward_function_changes_is_lost():
    builder = ParamsBuilder(SQUARE)
    first = builder.build(list(ROW))
    untouched = copy.deepcopy(first)
    first["waypoints"].clear()
    first["closest_waypoints"][0] = 99
    for key in first:
        if key.startswith("objects"):
            first[key].append("mine")
    first["speed"] = 100.0
    assert builder.build(list(ROW)) == untouched


def test_a_reversed_run_says_so():
    assert ParamsBuilder(SQUARE, is_reversed=True).build(list(ROW))["is_reversed"] is True


def objects(*distances_m: float) -> RoadObjects:
    n = len(distances_m)
    return RoadObjects(location=tuple((float(i), 0.5) for i in range(n)), distance_m=distances_m,
                       distance_from_center_m=(0.1,) * n, left_of_center=(True,) * n, heading_rad=(1.5,) * n,
                       speed_mps=(0.8,) * n, in_camera=tuple(i == 1 for i in range(n)))


def test_objects_are_given_from_the_start_line_and_headings_in_radians():
    built = ParamsBuilder(SQUARE).build(list(ROW), objects(2.0, 13.0, 9.0))
    assert built["objects_location"] == [[0.0, 0.5], [1.0, 0.5], [2.0, 0.5]]
    assert built["objects_distance"] == [2.0, 13.0, 9.0]
    assert built["objects_heading"] == [1.5, 1.5, 1.5]
    assert built["objects_speed"] == [0.8, 0.8, 0.8]
    assert built["objects_left_of_center"] == [True, True, True]
    assert built["objects_distance_from_center"] == [0.1, 0.1, 0.1]
    assert built["closest_objects"] == [2, 1]  # the car is at 12 m
    assert built["object_in_camera"] is True
    assert built["gap_to_next_object_m"] == 1.0


def test_the_next_object_may_lie_beyond_the_start_line():
    built = ParamsBuilder(SQUARE).build(list(ROW), objects(2.0, 9.0))
    assert built["closest_objects"] == [1, 0]
    assert built["gap_to_next_object_m"] == 6.0  # 4 m to the line and 2 m on


def test_the_module_needs_neither_numpy_nor_numba():
    code = "import sys, trivium.racing.params; print(sorted({'numpy', 'numba', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
