"""What can go wrong, named for the situation.

Every error says in one sentence what happened and in one hint what to do. The server turns it into a problem+json
answer (`status`, `code`), the command line into one line on standard error, a run into its `reason`.
"""

from __future__ import annotations

from typing import Any, ClassVar


class StudioError(Exception):
    """Anything Trivium can explain. `reason` is what a run ends with when this error ends it."""

    status: int = 400
    code: str = "bad_request"
    reason: ClassVar[str] = "internal"

    def __init__(self, message: str, hint: str = "", status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if status is not None:
            self.status = status
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    @property
    def detail(self) -> dict[str, Any] | None:
        """More facts for a page or a script, JSON-able; None when there are none."""
        return None


class UserCodeError(StudioError):
    """The learner's code did something that ends the run; knows the line, step and parameters."""

    status = 422
    code = "user_code_error"
    reason: ClassVar[str] = "user_code_error"

    def __init__(self, message: str, hint: str = "", *, line: int | None = None, file: str = "reward.py",
                 step: int | None = None, params: dict[str, Any] | None = None, type: str | None = None) -> None:
        super().__init__(message, hint)
        self.line = line
        self.file = file
        self.step = step
        self.params = params
        self.type = type

    @property
    def detail(self) -> dict[str, Any]:
        return {"line": self.line, "file": self.file, "step": self.step, "params": self.params, "type": self.type}


class UserCodeTimeout(UserCodeError):
    """The learner's code did not come back in time."""

    code = "user_code_timeout"
    reason: ClassVar[str] = "user_code_timeout"


class BadTrack(StudioError):
    """A track file that cannot be driven."""

    status = 422
    code = "bad_track"


class BadConfig(StudioError):
    """A setting that is unknown, of the wrong kind or out of range; `errors` has one row a field."""

    status = 422
    code = "bad_config"

    def __init__(self, message: str, hint: str = "", errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message, hint)
        self.errors = errors or []

    @property
    def detail(self) -> dict[str, Any] | None:
        return {"errors": self.errors} if self.errors else None


class BadFile(StudioError):
    """A file that is missing, damaged or not what it should be."""

    status = 422
    code = "bad_file"


class NotFound(StudioError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class Busy(StudioError):
    """The server has as much of this kind to do as it takes on at once."""

    status = 503
    code = "busy"


class NameTaken(StudioError):
    """The name or folder is in use already."""

    status = 409
    code = "name_taken"


class RunActive(StudioError):
    """The run is going on, and what was asked for needs it to stand still."""

    status = 409
    code = "run_active"


class RunNotResumable(StudioError):
    """The run cannot go on from where it is."""

    status = 409
    code = "run_not_resumable"


class PortInUse(StudioError):
    """Another program listens on the port."""

    status = 409
    code = "port_in_use"


class DiskFull(StudioError):
    """No room to write; what was saved before is whole."""

    status = 507
    code = "disk_full"
    reason: ClassVar[str] = "disk_full"

    def __init__(self, message: str = "The disk is full, so nothing more could be saved.",
                 hint: str = "Free some space, then try again; a run that ended for it can be resumed.") -> None:
        super().__init__(message, hint)


class OutOfMemory(StudioError):
    """The run wanted more memory than it may use."""

    status = 507
    code = "out_of_memory"
    reason: ClassVar[str] = "out_of_memory"


class NotConfined(StudioError):
    """This machine cannot keep a learner's code inside its folder."""

    status = 403
    code = "not_confined"


class MissingExtra(StudioError):
    """An optional library is not installed; the hint is the exact pip command."""

    status = 501
    code = "missing_extra"

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed.", f'Install it with: pip install "trivium[{extra}]"')
