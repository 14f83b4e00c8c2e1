"""A learner's source file on its way to code: bytes to text, text to a syntax tree, each refusal with
its line.
"""

from __future__ import annotations

import ast
import importlib
import io
import tokenize
import warnings
from dataclasses import dataclass
from types import CodeType

from trivium.errors import UserCodeError
from trivium.racing.reward_returns import with_notes

MAX_CHARACTERS = 140_000  # as the old console: what runs here can be taken elsewhere
DOCUMENTED_IMPORTS = ("math", "random", "numpy", "scipy", "shapely")
USUAL_IMPORTS = (
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "io",
    "itertools",
    "json",
    "logging",
    "operator",
    "re",
    "statistics",
    "string",
    "sys",
    "time",
    "traceback",
    "types",
    "typing",
)


@dataclass(frozen=True)
class Source:
    """Learner's code that parses."""

    filename: str
    text: str
    tree: ast.Module
    code: CodeType
    warnings: tuple[tuple[int, str], ...]  # (line, message), Python's own

    def function_line(self, name: str = "reward_function") -> int | None:
        """Line of the last ``def name`` at the top level."""
        found = [
            node.lineno
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        ]
        return found[-1] if found else None


def refusal(
    message: str, hint: str, filename: str, line: int | None = None, type: str = "SyntaxError"
) -> UserCodeError:
    where = f"{filename}, line {line}" if line else filename
    return UserCodeError(f"{where}: {message}", hint, line=line, file=filename, type=type)


def read_text(source: str | bytes, filename: str = "reward.py") -> str:
    """Text with plain line ends, from a string or a file's bytes; a byte order mark is dropped."""
    too_long = "Shorten it: a table of numbers can often be computed instead."
    if len(source) > 4 * MAX_CHARACTERS:
        raise refusal(f"the code is far longer than {MAX_CHARACTERS:,} characters.", too_long, filename)
    if isinstance(source, bytes):
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            text = source.decode(encoding)
        except UnicodeDecodeError as problem:
            line = source[: problem.start].count(b"\n") + 1
            raise refusal(
                "there are characters that are not UTF-8 text.", "Save the file as UTF-8.", filename, line
            ) from None
        except (SyntaxError, LookupError):
            raise refusal("the file is not UTF-8 text.", "Save the file as UTF-8.", filename, 1) from None
    else:
        text = source
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_CHARACTERS:
        raise refusal(f"the code has {len(text):,} characters; {MAX_CHARACTERS:,} are allowed.", too_long, filename)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise refusal(
            "there is a NUL character, so this is not a text file.",
            "Save the file as plain text.",
            filename,
            line,
        )
    return text


def parse(source: str | bytes, filename: str = "reward.py") -> Source:
    """Compiled source, or a UserCodeError with the line at which it stops being Python."""
    text = read_text(source, filename)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            tree = ast.parse(text, filename)
            code = compile(with_notes(tree), filename, "exec", dont_inherit=True)
    except SyntaxError as problem:
        hint = "Correct that line; the mistake may also be in the line above it."
        if isinstance(problem, TabError | IndentationError):
            hint = "Use four spaces for each level, and no tabs."
        line = min(problem.lineno or 1, text.count("\n") + 1)
        said = (problem.msg or "this is not Python").rstrip(".")
        raise refusal(f"{said}.", hint, filename, line, type(problem).__name__) from None
    except (RecursionError, MemoryError):
        raise refusal(
            "brackets or blocks are nested too deeply.",
            "Split the expression into several lines.",
            filename,
            deepest_line(text),
        ) from None
    except (ValueError, OverflowError) as problem:
        raise refusal(f"{problem}.", "Correct the code.", filename, 1, type(problem).__name__) from None
    return Source(filename, text, tree, code, tuple((w.lineno, str(w.message)) for w in caught))


def deepest_line(text: str) -> int:
    """Line with the most characters that open something."""
    counts = [sum(row.count(opener) for opener in "([{-+~") for row in text.split("\n")]
    return max(range(len(counts)), key=counts.__getitem__) + 1


def imported_names(tree: ast.Module) -> list[tuple[str, int]]:
    """Dotted names of the modules that the code imports, anywhere in it, with their lines."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append((node.module, node.lineno))
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def preload(source: str | bytes) -> list[str]:
    """Imports the well-known modules that the learner's code names, and returns those that were there.

    Called before a run confines itself, since afterwards files may no longer be found. Only modules of the
    documented packages and of Python's usual ones: the learner's own code is not run.
    """
    try:
        tree = parse(source).tree
    except UserCodeError:
        return []
    loaded = []
    for name, _ in imported_names(tree):
        if name.split(".")[0] not in DOCUMENTED_IMPORTS + USUAL_IMPORTS or not name.replace(".", "").isidentifier():
            continue
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        loaded.append(name)
    return loaded
