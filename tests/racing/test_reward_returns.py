"""The line of the `return` that really gave a wrong value, also of a function that never goes the same way twice."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from trivium.errors import UserCodeError
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_check import validate

PARAMS = {"x": 1.0, "steps": 2}


def wrong_line(text: str, calls: int = 20) -> int | None:
    """The line of the first call that goes wrong."""
    reward = RewardFunction(dedent(text).strip() + "\n")
    with pytest.raises(UserCodeError) as caught:
        for _ in range(calls):
            reward(dict(PARAMS))
    return caught.value.line


@pytest.mark.parametrize("value", ["None", "float('nan')", "'fast'", "[1.0]"])
def test_a_function_that_remembers_is_traced_to_the_return_that_ran(value: str) -> None:
    assert wrong_line(f"""
        calls = 0
        def reward_function(params):
            '''Wrong in every fifth call.'''
            global calls
            calls += 1
            if calls % 5 == 0:
                return {value}
            return 1.0
    """) == 7


def test_falling_off_the_end_is_not_the_return_of_the_call_before() -> None:
    assert wrong_line("""
        calls = []
        def reward_function(params):
            calls.append(1)
            if len(calls) < 4:
                return float(len(calls))
            if len(calls) > 99:
                return 2.0
    """) == 6


@pytest.mark.parametrize(("text", "line"), [
    ("def reward_function(params):\n    try:\n        return 1.0\n    finally:\n        return None", 5),
    ("import contextlib\ndef reward_function(params):\n    with contextlib.nullcontext(None) as nothing:\n"
     "        return nothing\n    return 1.0", 4),
    ("def reward_function(params):\n    if params['x'] > 0:\n        x = dict(params, x=-1)\n"
     "        return [reward_function(x)]\n    return 1.0", 4),
    ("def reward_function(params):\n    def inner():\n        return 1\n    value = inner()\n    return None", 5),
    ("def reward_function(params):\n    match params['x']:\n        case 1.0:\n            return\n    return 1.0", 4),
    ("def helper(p):\n    return None\ndef reward_function(params):\n    return (\n        helper(params)\n    )", 4),
    ("def reward_function(params):\n    return 1.0\ndef reward_function(params):\n    return None", 4),
    ("if True:\n    def reward_function(p):\n        if p['x']:\n            return None\n        return 1", 4),
    ("class Reward:\n    def __call__(self, params):\n        return None\nreward_function = Reward()", 3),
    ("reward_function = lambda params: None", 1),
])
def test_every_way_to_write_it(text: str, line: int) -> None:
    assert wrong_line(text) == line


def test_behind_a_decorator_that_remembers_the_function_is_named_rather_than_a_wrong_line() -> None:
    assert wrong_line("""
        calls = []
        def every_other(function):
            def wrapper(params):
                calls.append(1)
                return None if len(calls) == 3 else function(params)
            return wrapper
        @every_other
        def reward_function(params):
            return 1.0
    """) == 8


def test_the_function_is_otherwise_what_was_written() -> None:
    reward = RewardFunction("memory = 1\ndef reward_function(params):\n    'Kept.'\n    return params['x']\n")
    assert reward(dict(PARAMS)) == 1.0
    assert reward._function.__doc__ == "Kept."
    assert set(reward.state()["values"]) == {"global:memory"}
    assert ast.unparse(reward.source.tree).count("__") == 0  # remarks and hints read what was written


def test_validate_says_a_misspelt_key_once() -> None:
    result = validate("def reward_function(params):\n    unused = params.get('spead')\n"
                      "    return params['sped'] + params.get('stepps', 0)\n")
    assert [(row["line"], "sped" in row["message"]) for row in result["errors"]] == [(3, True)]
    assert [row["line"] for row in result["warnings"]] == [2, 2, 3]  # two keys that `get` hides, and a name never used
    assert not any("['sped']" in row["message"] for row in result["warnings"])
    assert "params['steps']" in result["warnings"][2]["message"]
