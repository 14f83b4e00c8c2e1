"""The reward function's contract: imported once, called every step, a finite number or an error with its line."""

from __future__ import annotations

import json
import sys
from textwrap import dedent

import pytest

from trivium.errors import UserCodeError
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_prints import CALL_CHARACTERS, RUN_CHARACTERS, WAITING_CALLS
from trivium.racing.reward_source import MAX_CHARACTERS

PARAMS = {"steps": 42.0, "x": 1.5, "speed": 2.0, "waypoints": [(0.0, 0.0)] * 100, "all_wheels_on_track": True}


def reward(body: str) -> RewardFunction:
    """A reward function of which only the body is written; its first line is line 2."""
    return RewardFunction("def reward_function(params):\n" + dedent(body).replace("\n", "\n    ").join(["    ", "\n"]))


def error_of(function: RewardFunction) -> UserCodeError:
    with pytest.raises(UserCodeError) as caught:
        function(dict(PARAMS))
    return caught.value


def refused(source: str | bytes) -> UserCodeError:
    with pytest.raises(UserCodeError) as caught:
        RewardFunction(source)
    return caught.value


@pytest.mark.parametrize(("returned", "value"),
                         [("1", 1.0), ("'2.5'", 2.5), ("True", 1.0), ("-1e5", -1e5), ("1e5", 1e5)])
def test_whatever_float_accepts_is_a_reward(returned, value):
    given = reward(f"return {returned}")(dict(PARAMS))
    assert given == value
    assert type(given) is float


def test_a_numpy_number_is_a_reward():
    assert reward("import numpy as np\nreturn np.float32(0.5)")(dict(PARAMS)) == 0.5


def test_globals_class_attributes_and_defaults_live_on_between_calls():
    function = RewardFunction(dedent("""
        total = 0
        class Memory:
            calls = 0
        def reward_function(params, seen=[]):
            global total
            total += 1
            Memory.calls += 10
            seen.append(100)
            return total + Memory.calls + sum(seen)
    """))
    assert [function(dict(PARAMS)) for _ in range(3)] == [111.0, 222.0, 333.0]


def test_siblings_have_a_memory_each_and_share_time_limit_and_prints():
    first = RewardFunction("n = 0\ndef reward_function(params):\n    global n\n    n += 1\n    print(n)\n"
                           "    return n\n")
    second = first.sibling()
    with first.time_limit():
        assert [first(dict(PARAMS)), first(dict(PARAMS)), second(dict(PARAMS))] == [1.0, 2.0, 1.0]
    assert first.drain_prints() == ["1", "2", "1"]


@pytest.mark.parametrize(("body", "line", "kind", "says"), [
    ("return float('nan')", 2, "float", "nan"),
    ("return float('inf')", 2, "float", "inf"),
    ("return 100001", 2, "int", "100001"),
    ("return -1e6", 2, "float", "-1000000.0"),
    ("return None", 2, "NoneType", "returned nothing"),
    ("if params['x'] < 0:\n    return 1.0", 2, "NoneType", "returned nothing"),
    ("return 'fast'", 2, "str", "'fast'"),
    ("return [1.0]", 2, "list", "not a number"),
    ("return 10**400", 2, "int", "not a number"),
    ("return 10**5000", 2, "int", "not a number"),
    ("import numpy as np\nreturn np.zeros(3)", 3, "ndarray", "not a number"),
    ("if params['speed'] > 1:\n    return 'a'\nreturn 'b'", 3, "str", "'a'"),
    ("x = 1\nreturn x / 0", 3, "ZeroDivisionError", "division by zero"),
    ("return params['sped']", 2, "KeyError", "no params['sped']"),
    ("return 1 + sped", 2, "NameError", "sped"),
    ("return reward_function(params)", 2, "RecursionError", "too many times"),
    ("import sys\nsys.exit(0)", 3, "SystemExit", "ended the program"),
    ("exit()", 2, "SystemExit", "ended the program"),
    ("raise KeyboardInterrupt", 2, "KeyboardInterrupt", "KeyboardInterrupt"),
    ("class Odd(BaseException): pass\nraise Odd('so')", 3, "Odd", "so"),
    ("def deep(v):\n    return 1 / v\nreturn deep(0)", 3, "ZeroDivisionError", "division by zero"),
    ("import json\nreturn json.loads('{')", 3, "JSONDecodeError", "Expecting"),
    ("class Evil:\n    def __float__(self):\n        raise ValueError('no')\nreturn Evil()", 4, "ValueError", "no"),
])
def test_a_wrong_call_names_line_step_type_and_parameters(body, line, kind, says):
    error = error_of(reward(body))
    assert (error.line, error.step, error.type) == (line, 42, kind)
    assert says in error.message
    assert f"reward.py, line {line}: " in error.message
    assert error.hint
    assert error.reason == "user_code_error"
    assert error.detail["params"]["x"] == 1.5
    assert error.detail["params"]["waypoints"] == "100 entries"
    json.dumps(error.detail, allow_nan=False)


def test_the_error_shows_the_parameters_as_they_were_given():
    error = error_of(reward("params['x'] = 'broken'\nreturn params['x']"))
    assert error.params is not None and error.params["x"] == 1.5


def test_an_exception_that_cannot_be_printed_is_still_explained():
    error = error_of(reward("class Odd(Exception):\n    def __str__(self):\n        raise Odd\nraise Odd"))
    assert (error.line, error.type) == (5, "Odd")


def test_a_huge_exception_text_is_cut():
    assert len(error_of(reward("raise ValueError('x' * 10**6)")).message) < 500


def test_running_out_of_memory_has_its_own_reason():
    error = error_of(reward("\nreturn len('x' * 2**62)"))
    assert (error.reason, error.line, error.type) == ("out_of_memory", 3, "MemoryError")


def test_a_call_that_fails_leaves_standard_output_as_it_was():
    before = sys.stdout, sys.stderr
    error_of(reward("return 1 / 0"))
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize(("source", "line", "says"), [
    ("x = (\n", 1, "never closed"),
    ("def reward_function(params):\n    return 1\n  return 2\n", 3, "indent"),
    ("def reward_function(params):\n\tif 1:\n        return 2\n", 3, "indentation"),
    ("x = 1\nx =\n", 2, "invalid syntax"),
    ("a = 1\nb = '\0'\n", 2, "NUL"),
    (b"a = 1\nb = '\xff'\n", 2, "UTF-8"),
    ("x = " + "(" * 500 + ")" * 500, 1, "nested"),
    ("\n\nx = " + "-" * 100_000 + "1", 3, "nested too deeply"),
    ("x = 1\n" * (MAX_CHARACTERS // 6 + 1), None, "characters"),
    (b"#" * 10_000_000, None, "characters"),
    ("", None, "no function called reward_function"),
    ("def reward(params):\n    return 1\n", None, "no function called reward_function"),
    ("reward_function = 3\n", None, "not a function"),
    ("\ndef reward_function():\n    return 1\n", 2, "exactly one argument"),
    ("def reward_function(a, b):\n    return 1\n", 1, "exactly one argument"),
    ("async def reward_function(params):\n    return 1\n", 1, "async"),
    ("def reward_function(params):\n    yield 1\n", 1, "yield"),
    ("x = 1\ny = x / 0\n", 2, "division by zero"),
    ("import no_such_module\n", 1, "no_such_module"),
    ("\nimport sys\nsys.exit()\n", 3, "ended the program"),
    ("\nraise KeyboardInterrupt\n", 2, "KeyboardInterrupt"),
])
def test_a_file_that_cannot_be_used_is_refused_with_its_line(source, line, says):
    error = refused(source)
    assert error.line == line
    assert says in error.message
    assert error.hint


def test_a_misnamed_function_is_pointed_at():
    assert refused("def reward(params):\n    return 1\n").hint == "Rename `reward` to `reward_function`."


@pytest.mark.parametrize("source", [
    b"\xef\xbb\xbfdef reward_function(params):\n    return 1.0\n",
    "\ufeffdef reward_function(params):\n    return 1.0\n",
    b"def reward_function(params):\r\n    return 1.0\r\n",
    "def reward_function(params):\r    return 1.0\r",
    "def reward_function(params):\n\treturn 1.0",
    "# -*- coding: latin-1 -*-\n# gr\xfc\xdfe\ndef reward_function(params):\n    return 1.0\n".encode("latin-1"),
    "def reward_function(params, bonus=0.0, *rest):\n    return 1.0 + bonus\n",
    "reward_function = lambda params: 1.0\n",
    "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n"
    "def reward_function(params):\n    return A().x\n",
])
def test_files_as_people_save_them_are_read(source):
    assert RewardFunction(source)(dict(PARAMS)) == 1.0


def test_what_is_printed_is_kept_per_call(capsys):
    function = RewardFunction(dedent("""
        import sys, traceback
        print("hello from the import")
        def reward_function(params):
            print("step", params["steps"])
            print("to stderr", file=sys.stderr)
            return 1.0
    """))
    function(dict(PARAMS))
    function({**PARAMS, "steps": 43.0})
    assert function.drain_prints() == ["hello from the import", "step 42.0\nto stderr", "step 43.0\nto stderr"]
    assert function.drain_prints() == []
    assert capsys.readouterr() == ("", "")


def test_a_traceback_that_the_code_prints_quotes_its_lines():
    body = "import traceback\ntry:\n    return 1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()\nreturn 0"
    function = reward(body)
    function(dict(PARAMS))
    assert "return 1 / 0" in function.drain_prints()[0]


def test_what_was_printed_before_an_error_is_kept():
    function = reward("print('before')\nreturn 1 / 0")
    error_of(function)
    assert function.drain_prints() == ["before"]


@pytest.mark.parametrize("code", ["for _ in range(50000):\n    print('y' * 1000)", "print('y' * 10 ** 6)"])
def test_one_call_keeps_the_first_characters_only(code):
    function = reward(f"{code}\nreturn 1.0")
    function(dict(PARAMS))
    text = function.drain_prints()[0]
    assert len(text) < CALL_CHARACTERS + 100
    assert "only the first 2,000 characters" in text


def test_a_run_keeps_so_much_and_then_gives_one_notice():
    function = reward("print('z' * 1999)\nreturn 1.0")
    kept = []
    for _ in range(RUN_CHARACTERS // 1999 + 50):
        function(dict(PARAMS))
        kept += function.drain_prints()
    assert sum(len(text) for text in kept) < RUN_CHARACTERS + 3000
    assert [text for text in kept if "printed" in text] == [kept[-1]]


def test_prints_that_nobody_takes_do_not_pile_up():
    function = reward("print('.')\nreturn 1.0")
    with function.time_limit():
        for _ in range(WAITING_CALLS + 500):
            function(PARAMS)
    assert len(function.drain_prints()) == WAITING_CALLS + 1


def test_a_slow_function_is_warned_about_and_a_quick_one_is_not():
    function = reward("return 1.0")
    with function.time_limit() as clock:
        for _ in range(100):
            function(PARAMS)
    assert function.slow_warning() is None
    clock._timed_s = 6.0  # as if the hundred calls had taken six seconds
    assert "60 ms a call" in str(function.slow_warning())
