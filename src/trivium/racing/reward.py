"""A learner's reward function: imported once, called every step, and held to its contract.

The module is imported once a run, so its globals and class attributes live on over all episodes. Each
call gets a dictionary (``params``) and must give a finite number within ±1e5; anything else ends the
run with a ``UserCodeError`` that names the line. This is no sandbox: the process that calls it has to
be confined (``trivium.core.confine``).
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import linecache
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import PurePath
from types import FrameType, ModuleType
from typing import Any

from trivium.errors import UserCodeError
from trivium.racing import reward_fault, reward_state
from trivium.racing.params import Params
from trivium.racing.reward_fault import LIMIT
from trivium.racing.reward_limits import IMPORT_LIMIT_S, CallClock, Overtime, Watchdog
from trivium.racing.reward_prints import PrintBuffer
from trivium.racing.reward_returns import noted_line
from trivium.racing.reward_source import Source, parse, refusal

NAME = "reward_function"
_numbers = itertools.count(1)


def is_reward(value: Any) -> bool:
    try:
        return -LIMIT <= float(value) <= LIMIT
    except BaseException:  # `float` may run the learner's own code
        return False


class RewardFunction:
    """``reward(params)`` calls the learner's function.

    Wrap a batch of calls in ``with reward.time_limit():``; a call outside of one sets up its own timer.
    """

    def __init__(
        self,
        source: str | bytes | Source,
        filename: str = "reward.py",
        watchdog: Watchdog | None = None,
        import_limit_s: float = IMPORT_LIMIT_S,
        like: RewardFunction | None = None,
    ) -> None:
        self.filename = filename
        self.source = source if isinstance(source, Source) else parse(source, filename)
        self._clock: CallClock = like._clock if like else CallClock(filename, watchdog)
        self._prints: PrintBuffer = like._prints if like else PrintBuffer()
        # Registered, because dataclasses and the like look their module up by its name.
        self._module = ModuleType(f"learner_{PurePath(filename).stem}_{next(_numbers)}")
        self._module.__file__ = filename
        sys.modules[self._module.__name__] = self._module
        weakref.finalize(self, sys.modules.pop, self._module.__name__, None)
        text = self.source.text  # so that traceback.print_exc() in the learner's code can quote it
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        with self._captured():
            self._import(import_limit_s)
            self._function: Callable[[Params], Any] = self._found()

    def __call__(self, params: Params) -> float:
        clock = self._clock
        if not clock.running:
            with clock:
                return self(params)
        prints = self._prints
        old_out, old_err = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = prints
        clock.calls += 1
        given = params.copy()  # for the error message, which tells what the function was given
        value: Any = self  # stands for "nothing was returned"
        clock.busy = True
        try:
            value = self._function(params)
            reward = float(value)
        except BaseException as problem:
            raise self._fault(problem, given, value) from None
        finally:
            clock.busy = False
            sys.stdout, sys.stderr = old_out, old_err
            if prints.parts:
                prints.end_call()
        if -LIMIT <= reward <= LIMIT and clock.overtime_line is None:
            return reward
        raise self._fault(None, given, value)

    def sibling(self) -> RewardFunction:
        """The same code imported once more, with a memory of its own, for another car.

        The old service had a process for each car, so a global such as "progress at the last step" was one
        car's. Siblings share the time limit and the prints: one ``time_limit()`` serves them all.
        """
        return RewardFunction(self.source, self.filename, like=self)

    def time_limit(self) -> CallClock:
        """Context manager: within it, a call that takes more than two seconds raises UserCodeTimeout."""
        return self._clock

    def drain_prints(self) -> list[str]:
        """What was printed since the last time, one text for each call that printed. Take them every step."""
        return self._prints.drain()

    def slow_warning(self) -> str | None:
        """A sentence when calls take more than 50 ms on average, else None."""
        if not self._clock.is_slow():
            return None
        return (
            f"The reward function takes {self._clock.mean_call_ms():.0f} ms a call, which slows the training "
            "down: do less work in each call, or compute what stays the same only once."
        )

    def state(self) -> dict[str, Any]:
        """JSON-able copy of everything the learner's module remembers."""
        return reward_state.save(self._module, self.filename).data

    def restore(self, state: dict[str, Any]) -> None:
        """Puts back what ``state()`` gave, into a freshly imported module of the same source."""
        reward_state.load(self._module, self.filename, state)

    def unsaved(self) -> list[str]:
        """Names of what ``state()`` has to leave out, such as a generator or an open file."""
        return reward_state.save(self._module, self.filename).unsaved

    @contextlib.contextmanager
    def _captured(self) -> Iterator[None]:
        with contextlib.redirect_stdout(self._prints), contextlib.redirect_stderr(self._prints):
            try:
                yield
            finally:
                if self._prints.parts:
                    self._prints.end_call()

    def _import(self, limit_s: float) -> None:
        clock = self._clock
        clock.limit_s, usual_s = limit_s, clock.limit_s
        try:
            with clock:
                clock.calls += 1
                clock.busy = True
                try:
                    exec(self.source.code, self._module.__dict__)
                except BaseException as problem:
                    raise self._import_fault(problem) from None
                finally:
                    clock.busy = False
            if clock.overtime_line is not None:
                raise reward_fault.of_timeout(self.filename, clock.overtime_line, limit_s=limit_s)
        finally:
            clock.limit_s = usual_s
            clock.forget_times()

    def _import_fault(self, problem: BaseException) -> UserCodeError:
        if isinstance(problem, Overtime):
            return reward_fault.of_timeout(self.filename, self._clock.overtime_line, limit_s=self._clock.limit_s)
        return reward_fault.of_exception(problem, self.filename)

    def _found(self) -> Callable[[Params], Any]:
        function = self._module.__dict__.get(NAME)
        line = self.source.function_line()
        if function is None:
            others = [node.name for node in self.source.tree.body if hasattr(node, "name")]
            hint = (
                f"Rename `{others[0]}` to `{NAME}`."
                if len(others) == 1
                else f"Write `def {NAME}(params):` and return a number from it."
            )
            raise refusal(f"there is no function called {NAME}.", hint, self.filename, None, "NameError")
        right = f"Write it as `def {NAME}(params):`."
        if not callable(function):
            raise refusal(f"{NAME} is not a function.", right, self.filename, line, "TypeError")
        if (
            inspect.iscoroutinefunction(function)
            or inspect.isgeneratorfunction(function)
            or inspect.isasyncgenfunction(function)
        ):
            raise refusal(
                f"{NAME} does not return a number: it uses async or yield.",
                right,
                self.filename,
                line,
                "TypeError",
            )
        with contextlib.suppress(ValueError):  # some callables do not tell their parameters
            try:
                inspect.signature(function).bind({})
            except TypeError:
                raise refusal(
                    f"{NAME} must take exactly one argument.", right, self.filename, line, "TypeError"
                ) from None
        return function  # type: ignore[no-any-return]

    def _fault(self, problem: BaseException | None, params: Params, value: object) -> UserCodeError:
        """The error for a call that went wrong. ``value`` is this object itself when nothing was returned."""
        late_line = self._clock.overtime_line
        self._clock.overtime_line = None
        if late_line is not None:
            return reward_fault.of_timeout(self.filename, late_line, params)
        line = None if problem is None else reward_fault.line_of(problem.__traceback__, self.filename)
        if problem is None or (value is not self and line is None):  # float() refused what was returned
            return reward_fault.of_value(value, self.filename, self._return_line(params), params)
        return reward_fault.of_exception(problem, self.filename, params, line)

    def _return_line(self, params: Params) -> int | None:
        """Line of the ``return`` that gave a wrong value: noted, else found by calling once more under a trace."""
        noted = noted_line(self._module, self._function)
        if noted is not None:
            return noted
        returns: list[int] = []

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            if frame.f_code.co_filename != self.filename:
                return None
            if event == "return":
                returns.append(frame.f_lineno)
            return trace

        clock, was_busy, old_trace = self._clock, self._clock.busy, sys.gettrace()
        clock.calls += 1
        clock.busy = True
        sys.settrace(trace)
        try:
            if is_reward(self._function(params.copy())):
                returns.clear()  # it remembers things, and took another way this time
        except BaseException:
            returns.clear()
        finally:
            sys.settrace(old_trace)
            clock.busy = was_busy
            clock.overtime_line = None
        return returns[-1] if returns else self.source.function_line()
