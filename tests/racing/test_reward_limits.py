"""Endless loops end with their line known: by the clock where Python can, by the watchdog where it cannot."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent

import pytest

from trivium.core import crash, files
from trivium.core.status import Status
from trivium.errors import UserCodeTimeout
from trivium.racing import reward_limits
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_limits import CallClock, Watchdog, read_hang

PARAMS = {"steps": 3.0, "x": 1.0}

pytestmark = pytest.mark.skipif(not reward_limits.HAS_TIMERS, reason="this system has no interval timers")


@pytest.fixture(autouse=True)
def quick_ticks(monkeypatch):
    monkeypatch.setattr(reward_limits, "TICK_S", 0.01)
    monkeypatch.setattr(reward_limits, "CALL_LIMIT_S", 0.08)


def timeout_of(source: str) -> UserCodeTimeout:
    function = RewardFunction(source)
    function._clock.limit_s = 0.08
    with pytest.raises(UserCodeTimeout) as caught:
        function(dict(PARAMS))
    return caught.value


@pytest.mark.parametrize(("body", "lines"), [
    ("while True: pass", {2}),
    ("while True:\n        x = 1", {2, 3}),
    ("import time\n    time.sleep(1000)", {3}),
    ("def inner():\n        while True: pass\n    inner()", {3}),
    ("try:\n        while True: pass\n    except Exception: return 1", {3}),
    ("try:\n        while True: pass\n    except BaseException: return 1", {3}),
    ("import itertools\n    return sum(1 for _ in itertools.count())", {3}),
])
def test_a_call_that_does_not_come_back_ends_with_its_line(body, lines):
    error = timeout_of(f"def reward_function(params):\n    {body}\n")
    assert error.line in lines
    assert error.step == 3
    assert error.params == PARAMS
    assert error.reason == "user_code_timeout"


def test_an_import_that_does_not_come_back_ends_too():
    with pytest.raises(UserCodeTimeout) as caught:
        RewardFunction("x = 1\nwhile True: pass\n", import_limit_s=0.08)
    assert caught.value.line == 2


def test_many_calls_together_may_take_longer_than_one_may():
    function = RewardFunction("import time\ndef reward_function(params):\n    time.sleep(0.02)\n    return 1.0\n")
    function._clock.limit_s = 0.08
    with function.time_limit():
        assert sum(function(PARAMS) for _ in range(15)) == 15.0


def test_the_clock_can_be_used_again_after_a_timeout():
    function = RewardFunction("def reward_function(params):\n    while params['x'] > 0: pass\n    return 1.0\n")
    function._clock.limit_s = 0.08
    with pytest.raises(UserCodeTimeout):
        function(PARAMS)
    assert function({**PARAMS, "x": -1.0}) == 1.0


def test_somebody_elses_alarm_goes_on_afterwards():
    old_handler, old_timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)

    def mine(number, frame):
        """Another program's alarm."""

    try:
        signal.signal(signal.SIGALRM, mine)
        signal.setitimer(signal.ITIMER_REAL, 500.0, 7.0)
        with CallClock("reward.py"):
            assert signal.getitimer(signal.ITIMER_REAL)[0] < 1.0
        assert signal.getsignal(signal.SIGALRM) is mine
        left_s, interval_s = signal.getitimer(signal.ITIMER_REAL)
        assert 400.0 < left_s <= 500.0
        assert interval_s == 7.0
    finally:
        signal.signal(signal.SIGALRM, old_handler)
        signal.setitimer(signal.ITIMER_REAL, *old_timer)


def test_calls_from_another_thread_work_without_the_clock():
    function = RewardFunction("def reward_function(params):\n    return 1.0\n")
    found = []
    thread = threading.Thread(target=lambda: found.append(function(PARAMS)))
    thread.start()
    thread.join()
    assert found == [1.0]


HUNG = """
import sys
from trivium.racing import reward_limits
reward_limits.TICK_S = 0.02
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_limits import Watchdog
function = RewardFunction(sys.argv[2], watchdog=Watchdog(sys.argv[1], 0.3))
function._clock.limit_s = 0.1
with function.time_limit():
    function({"steps": 3.0})
"""


def hung(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", HUNG, str(folder / files.CRASH), dedent(source)],
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("body", "line"), [
    # one C call that never returns to Python
    ("\n    import itertools\n    return 1 in itertools.repeat(2)", 4),
    ("\n    return sum(range(10 ** 15))", 3),
    # catches everything, again and again
    ("\n    import time\n    while True:\n        try: time.sleep(100)\n        except BaseException: pass", 5),
])
def test_what_python_cannot_interrupt_ends_the_process_and_leaves_its_line(tmp_path, body, line):
    done = hung(tmp_path, f"def reward_function(params):{body}\n")
    assert done.returncode not in (0, 1)
    found = read_hang(tmp_path / files.CRASH)
    assert found is not None and abs(found - line) <= 1
    ended = crash.ending(tmp_path, Status(state="running", step=7), done.returncode)
    assert (ended.state, ended.reason) == ("failed", "user_code_timeout")
    assert ended.detail is not None and ended.detail["line"] == found
    assert f"line {found}" in str(ended.message)


def test_a_watchdog_that_did_not_bark_leaves_nothing(tmp_path):
    watchdog = Watchdog(tmp_path / "hang.txt", 5.0)
    watchdog.arm()
    assert signal.getitimer(signal.ITIMER_PROF)[0] > 0.0
    watchdog.cancel()
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0.0
    assert read_hang(tmp_path / "hang.txt") is None
    watchdog.close()
    watchdog.arm()  # has no effect any more
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0.0
    assert list(tmp_path.iterdir()) == []


def test_time_outside_of_calls_does_not_count(tmp_path):
    watchdog = Watchdog(tmp_path / "w", 5.0)
    function = RewardFunction("def reward_function(params):\n    return 1.0\n", watchdog=watchdog)
    function(PARAMS)
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0.0
    watchdog.close()


@pytest.mark.parametrize(("text", "line"), [
    ('Thread 0x1 (most recent call first):\n  File "reward.py", line 5 in f\n  File "reward.py", line 9 in g\n', 5),
    ('  File "/lib/re.py", line 1 in match\n  File "reward.py", line 7 in reward_function\n', 7),
    ('  File "/home/trivium/racing/reward.py", line 70 in __call__\n', None),
    ("", None),
])
def test_the_innermost_line_of_the_learners_file_is_read(tmp_path, text, line):
    path = tmp_path / "hang.txt"
    path.write_text(text)
    assert read_hang(path) == line


def test_no_file_is_no_hang(tmp_path):
    assert read_hang(tmp_path / "none.txt") is None
