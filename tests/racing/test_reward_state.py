"""What a reward module remembers goes through JSON and comes back: same rewards as without the interruption."""

from __future__ import annotations

import json
import math
from textwrap import dedent

import numpy as np
import pytest

from trivium.racing import reward_values
from trivium.racing.reward import RewardFunction

CALL = "\ndef reward_function(params):\n    return 1.0\n"
PARAMS = {"steps": 2.0, "x": 0.1}


def moved(source: str, *steps: str) -> tuple[dict, RewardFunction]:
    """Globals after running ``steps`` in a module, saving, and restoring into a fresh one."""
    first = RewardFunction(dedent(source) + CALL)
    for step in steps:
        exec(dedent(step), first._module.__dict__)
    text = json.dumps(first.state(), allow_nan=False)
    second = RewardFunction(dedent(source) + CALL)
    second.restore(json.loads(text))
    return second._module.__dict__, second


VALUES = [
    "1", "-(10 ** 30)", "True", "None", "0.1", "1e-320", "-0.0", "float('inf')", "float('-inf')", "'text'",
    "'gr\\u00fc\\udcff'", "b'\\x00\\xff'", "1 + 2j", "[1, [2.5, 'a']]", "(1, (2, 3))", "{1, 2}", "frozenset({3})",
    "{'a': [1], 2: 'b', (3, 4): None}", "[0.1 * i for i in range(50)]", "[]", "{}", "()", "bytearray(b'abc')",
    "__import__('collections').deque([1, 2], maxlen=3)", "__import__('collections').OrderedDict(b=1, a=2)",
    "__import__('collections').Counter('aab')",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_global_comes_back_with_its_kind_and_value(value):
    names, _ = moved("x = 0", f"x = {value}")
    expected = eval(value)
    assert names["x"] == expected
    assert type(names["x"]) is type(expected)
    assert repr(names["x"]) == repr(expected)


def test_not_a_number_comes_back():
    names, _ = moved("x = 0", "x = float('nan')")
    assert math.isnan(names["x"])


@pytest.mark.parametrize("value", [
    "np.arange(6, dtype=np.float32).reshape(2, 3)", "np.array([True, False])", "np.zeros((0, 3))", "np.array(3.5)",
    "np.array(['ab', 'c'])", "np.arange(10)[::2]", "np.asfortranarray(np.eye(2))", "np.float32(0.1)", "np.int64(-7)",
    "np.bool_(True)", "np.array([np.nan, np.inf, -0.0])",
])
def test_arrays_and_their_numbers_come_back_to_the_last_bit(value):
    names, _ = moved("import numpy as np\nx = None", f"x = {value}")
    expected = eval(value)
    assert type(names["x"]) is type(expected)
    assert names["x"].dtype == expected.dtype
    assert names["x"].shape == expected.shape
    assert np.asarray(names["x"]).tobytes() == np.asarray(expected).tobytes()


def test_random_numbers_go_on_where_they_were():
    source = "import random\nimport numpy as np\na = random.Random(1)\nb = np.random.default_rng(1)\n"
    names, _ = moved(source, "a.random(); a.gauss(0, 1); b.random(3)")
    import random

    a, b = random.Random(1), np.random.default_rng(1)
    a.random(), a.gauss(0, 1), b.random(3)
    assert (names["a"].random(), names["a"].gauss(0, 1)) == (a.random(), a.gauss(0, 1))
    assert names["b"].random() == b.random()


def test_class_attributes_function_attributes_defaults_and_closures_come_back():
    source = """
        class Memory:
            best = 0.0
            laps = []
            class Inner:
                depth = 1
        def helper(): pass
        helper.calls = 0
        def remember(value, seen=[], *, known={}):
            seen.append(value)
            known[value] = True
            return seen, known
        def counter():
            n = 0
            def count():
                nonlocal n
                n += 1
                return n
            return count
        count = counter()
    """
    step = """
        Memory.best = 2.5
        Memory.laps.append(1)
        Memory.new = 'attribute'
        helper.calls = 3
        remember('a')
        count(); count()
    """
    names, _ = moved(source, step)
    assert names["Memory"].best == 2.5
    assert names["Memory"].laps == [1]
    assert names["Memory"].new == "attribute"
    assert names["helper"].calls == 3
    assert names["remember"]("b") == (["a", "b"], {"a": True, "b": True})
    assert names["count"]() == 3


def test_objects_of_the_modules_classes_come_back():
    source = """
        from dataclasses import dataclass, field
        from enum import Enum
        from typing import NamedTuple
        class Kind(Enum):
            SLOW = 1
            FAST = 2
        class Point(NamedTuple):
            x: float
            y: float
        @dataclass(frozen=True)
        class Lap:
            time_s: float
            points: list = field(default_factory=list)
        class Slotted:
            __slots__ = ("a", "b")
        class Driver:
            def __init__(self):
                self.laps, self.kind, self.gone = [], Kind.SLOW, 1
        driver = Driver()
        slotted = Slotted()
        kinds = {}
    """
    step = """
        driver.laps.append(Lap(1.5, [Point(1.0, 2.0)]))
        driver.kind = Kind.FAST
        del driver.gone
        slotted.a = 5
        kinds[Kind.SLOW] = driver
    """
    names, _ = moved(source, step)
    driver = names["driver"]
    assert vars(driver) == {"laps": [names["Lap"](1.5, [names["Point"](1.0, 2.0)])], "kind": names["Kind"].FAST}
    assert names["slotted"].a == 5 and not hasattr(names["slotted"], "b")
    assert names["kinds"] == {names["Kind"].SLOW: driver}


def test_two_names_for_one_list_stay_two_names_for_one_list():
    source = "a = []\nb = a\ndef add(value, to=a):\n    to.append(value)\nloop = []\n"
    names, _ = moved(source, "a.append(1)\nloop.append(loop)")
    assert names["a"] is names["b"]
    names["add"](2)
    assert names["a"] == [1, 2]
    assert names["loop"][0] is names["loop"]


def test_a_default_dictionary_keeps_what_makes_its_values():
    source = "from collections import defaultdict\na = defaultdict(int)\nb = defaultdict(lambda: 7)\nc = None\n"
    names, _ = moved(source, "a['x'] += 1\nb['y']\nc = defaultdict(list)\nc[1].append(2)")
    assert names["a"]["new"] == 0 and names["a"]["x"] == 1
    assert names["b"]["new"] == 7 and names["b"]["y"] == 7
    assert names["c"][1] == [2] and names["c"][5] == []


def test_new_globals_appear_and_deleted_ones_go():
    names, _ = moved("old = 1\nkept = 2\n", "new = [3]\ndel old")
    assert names["new"] == [3]
    assert "old" not in names
    assert names["kept"] == 2


def test_what_cannot_be_kept_is_left_alone_and_named():
    source = "lines = (c for c in 'abc')\nlog = [print]\nx = 1\ny = 1\n"
    names, function = moved(source, "x = 2\ny = iter('a')\nnext(lines)")
    assert function.unsaved() == ["lines", "log"]
    assert next(names["lines"]) == "a"
    assert names["log"] == [print]
    assert names["x"] == 2
    assert names["y"] == 1  # could not be saved: it starts anew


def test_a_list_that_was_in_something_unsaved_is_still_saved_elsewhere():
    names, function = moved("bad = [[], print]\nshared = bad[0]\ngood = [shared]\n", "shared.append(1)")
    assert function.unsaved() == ["bad"]
    assert names["good"] == [[1]]
    assert names["shared"] is names["good"][0]


def test_too_much_is_named_instead_of_filling_the_disk(monkeypatch):
    monkeypatch.setattr(reward_values, "MAX_BYTES", 1000)
    names, function = moved("big = [0.5] * 2000\nsmall = [0.5] * 20\n", "small.append(1.5)")
    assert function.unsaved() == ["big"]
    assert names["small"][-1] == 1.5


def test_a_long_list_of_floats_is_packed():
    function = RewardFunction("history = [i / 7 for i in range(100000)]" + CALL)
    assert len(json.dumps(function.state())) < 1_200_000


def test_saving_changes_nothing_and_code_is_not_state():
    function = RewardFunction("import math\nfrom math import sin\nx = [1]\nclass A: pass\n" + CALL)
    before = function.state()
    assert function.state() == before
    assert list(before["values"]) == ["global:x"]


def test_rewards_after_a_resume_equal_those_without():
    source = dedent("""
        import random
        last = None
        history = []
        rng = random.Random(3)
        class Best:
            value = -1e9
        def reward_function(params, weights=[0.3, 0.7]):
            global last
            gain = params["x"] - (last if last is not None else 0.0)
            last = params["x"]
            history.append(gain / 3.0)
            weights[0] *= 1.01
            Best.value = max(Best.value, gain)
            return sum(history[-5:]) * weights[0] + Best.value + 0.1 * rng.random()
    """)
    states = [{"steps": float(i), "x": math.sin(i)} for i in range(60)]
    whole = RewardFunction(source)
    expected = [whole(state) for state in states]
    first = RewardFunction(source)
    begun = [first(state) for state in states[:30]]
    second = RewardFunction(source)
    second.restore(json.loads(json.dumps(first.state())))
    assert begun + [second(state) for state in states[30:]] == expected
