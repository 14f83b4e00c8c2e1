"""Puts into words what a learner's reward function did wrong: the line, the step, the parameters, what
to do.
"""

from __future__ import annotations

import difflib
import reprlib
from types import TracebackType
from typing import Any, ClassVar

from trivium.errors import UserCodeError, UserCodeTimeout
from trivium.racing.params import ALL_KEYS, Params
from trivium.racing.reward_limits import CALL_LIMIT_S, Overtime

LIMIT = 1e5
MEASURED_PACKAGES = "math, random, numpy, scipy and shapely"
HINTS: dict[str, str] = {
    "ZeroDivisionError": "Check that the number below the fraction line is not 0 before you divide.",
    "NameError": "Give the variable a value before you use it, and check its spelling.",
    "UnboundLocalError": "Give the variable a value first, or write `global` and its name above.",
    "RecursionError": "A function calls itself without end: give it a case in which it stops.",
    "IndexError": "The list is shorter than that: check the number between the brackets.",
    "AttributeError": "Check the spelling after the dot.",
    "TypeError": "Two kinds of values were mixed, for example a number and a text.",
    "SystemExit": "Remove the call of exit(): return a number instead.",
    "KeyboardInterrupt": "Remove the line that raises it: return a number instead.",
    "PermissionError": "A reward function cannot use files, other programs or the network: use what is in params.",
    "FileNotFoundError": "A reward function cannot read files: use what is in params.",
}


class RewardOutOfMemory(UserCodeError):
    """The reward function wanted more memory than the run may use."""

    code = "out_of_memory"
    reason: ClassVar[str] = "out_of_memory"


def safe_text(value: object, length: int = 300) -> str:
    """``str(value)``, which may be the learner's own code and may be huge."""
    try:
        text = str(value)
    except BaseException:
        return ""
    return text if len(text) <= length else text[:length] + "…"


def safe_repr(value: object) -> str:
    """A short ``repr``, for a value of any kind and size."""
    if isinstance(value, str):
        return repr(value[:60] + ("…" if len(value) > 60 else ""))
    try:
        text = reprlib.repr(value)
    except BaseException:
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:80] + "…"


def plain_params(params: object) -> dict[str, Any] | None:
    """The parameters for an error message: JSON-able, long lists by their length only."""
    if not isinstance(params, dict):
        return None
    plain: dict[str, Any] = {}
    for key, value in params.items():
        if isinstance(value, bool | int | str) or value is None:
            plain[str(key)] = value
        elif isinstance(value, float):
            plain[str(key)] = value if value - value == 0.0 else str(value)
        elif isinstance(value, list | tuple) and len(value) > 8:
            plain[str(key)] = f"{len(value)} entries"
        elif isinstance(value, list | tuple):
            plain[str(key)] = [list(v) if isinstance(v, tuple) else v for v in value]
        else:
            plain[str(key)] = safe_repr(value)
    return plain


def step_of(params: object) -> int | None:
    steps = params.get("steps") if isinstance(params, dict) else None
    return int(steps) if isinstance(steps, int | float) and steps - steps == 0.0 else None


def line_of(traceback: TracebackType | None, filename: str) -> int | None:
    """Line of the innermost frame of a traceback that lies in the learner's file."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def of_exception(
    problem: BaseException, filename: str, params: Params | None = None, line: int | None = None
) -> UserCodeError:
    """The error for an exception that came out of the learner's code, during a call or its import."""
    line = line_of(problem.__traceback__, filename) if line is None else line
    where = f"{filename}, line {line}" if line else filename
    facts: dict[str, Any] = {
        "line": line,
        "file": filename,
        "step": step_of(params),
        "params": plain_params(params),
        "type": type(problem).__name__,
    }
    if isinstance(problem, MemoryError):
        return RewardOutOfMemory(
            f"{where}: the code wanted more memory than this run may use.",
            "Keep less data: a list that grows in every step ends up too long.",
            **facts,
        )
    if isinstance(problem, RecursionError):
        return UserCodeError(f"{where}: a function calls itself too many times.", HINTS["RecursionError"], **facts)
    if isinstance(problem, SystemExit):
        return UserCodeError(f"{where}: the code ended the program.", HINTS["SystemExit"], **facts)
    if isinstance(problem, KeyError) and params is not None:
        missing = problem.args[0] if problem.args else None
        if isinstance(missing, str) and missing not in params:
            return UserCodeError(f"{where}: there is no params[{safe_repr(missing)}].", key_hint(missing), **facts)
    text = safe_text(problem)
    said = f"{type(problem).__name__}: {text}" if text else type(problem).__name__
    if isinstance(problem, ModuleNotFoundError):
        hint = f"A reward function can use Python's own modules and {MEASURED_PACKAGES}."
    else:
        hint = next(
            (HINTS[kind.__name__] for kind in type(problem).__mro__ if kind.__name__ in HINTS),
            "Correct that line and start again.",
        )
    return UserCodeError(f"{where}: {said}.".replace("..", "."), hint, **facts)


def key_hint(key: str) -> str:
    """The key of ``params`` that a misspelt one was meant to be."""
    near = difflib.get_close_matches(key, ALL_KEYS, n=1, cutoff=0.6)
    return f"Did you mean params['{near[0]}']?" if near else "The guide lists every key that params has."


def of_timeout(
    filename: str, line: int | None, params: Params | None = None, limit_s: float = CALL_LIMIT_S
) -> UserCodeTimeout:
    where = f"{filename}, line {line}" if line else filename
    return UserCodeTimeout(
        f"{where}: the code did not come back within {limit_s:g} s.",
        "Look for a loop that never ends, or do less work in each call.",
        line=line,
        file=filename,
        step=step_of(params),
        params=plain_params(params),
        type=Overtime.__name__,
    )


def of_value(value: object, filename: str, line: int | None, params: Params) -> UserCodeError:
    """The error for a returned value that is no finite number within ±1e5."""
    where = f"{filename}, line {line}" if line else filename
    kind = type(value).__name__
    if value is None:
        message = f"{where}: the reward function returned nothing."
        hint = "Every way through the function must end with `return` and a number."
    else:
        try:
            number = float(value)  # type: ignore[arg-type]
        except BaseException:
            message = f"{where}: the reward is {safe_repr(value)} ({kind}), which is not a number."
            hint = "Return one number, for example `return float(reward)`."
        else:
            message = f"{where}: the reward is {safe_repr(number)}, which is not allowed."
            hint = (
                f"A reward lies between {-LIMIT:,.0f} and {LIMIT:,.0f}."
                if number - number == 0.0
                else "Look for a division by 0 or by a tiny number: a reward is finite."
            )
    return UserCodeError(
        message, hint, line=line, file=filename, step=step_of(params), params=plain_params(params), type=kind
    )
