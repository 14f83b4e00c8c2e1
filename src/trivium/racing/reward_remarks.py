"""Remarks on a reward function from reading its code: misspelt keys, ways without a return, values
never used.

They teach, they do not guard: what keeps the computer safe is the confined process that the code runs
in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from trivium.racing.params import ALL_KEYS
from trivium.racing.reward_fault import key_hint
from trivium.racing.reward_source import DOCUMENTED_IMPORTS, USUAL_IMPORTS, Source, imported_names

Remark = tuple[int | None, str]  # (line, message)
Function = ast.FunctionDef | ast.AsyncFunctionDef
OUTSIDE = ("os", "subprocess", "socket", "requests", "urllib", "http", "pathlib", "shutil", "multiprocessing")


def remarks(source: Source) -> list[Remark]:
    """All remarks in the order of their lines."""
    found: list[Remark] = [(line, f"{text}.".replace("..", ".")) for line, text in source.warnings]
    found += _imports(source.tree)
    functions = [node for node in ast.walk(source.tree) if isinstance(node, Function)]
    for function in functions:
        found += _unreachable(function.body)
    named = [node for node in source.tree.body if isinstance(node, Function) and node.name == "reward_function"]
    if len(named) > 1:
        found.append((named[-1].lineno, "There are several functions called reward_function: the last one counts."))
    if named:
        function = named[-1]
        name = _argument(function)
        found += _returns(function)
        found += _unused(function)
        for other in functions:
            if name is not None and (other is function or _argument(other) == name):
                found += _keys(other, name)
    return sorted(set(found), key=lambda remark: (remark[0] or 0, remark[1]))


def _argument(function: Function) -> str | None:
    arguments = function.args.posonlyargs + function.args.args
    return arguments[0].arg if arguments else None


def _imports(tree: ast.Module) -> Iterator[Remark]:
    seen = set()
    for name, line in imported_names(tree):
        top = name.split(".")[0]
        if top in seen or top in DOCUMENTED_IMPORTS + USUAL_IMPORTS or top in ("__future__", "warnings"):
            continue
        seen.add(top)
        if top in OUTSIDE:
            yield (
                line,
                f"`{top}` reaches for files, other programs or the network, which a training does not allow.",
            )
        else:
            packages = ", ".join(DOCUMENTED_IMPORTS)
            yield line, f"`{top}` may be missing where this code runs; what is always there: {packages}."


def _keys(function: Function, params: str) -> Iterator[Remark]:
    """Unknown keys that are read, and keys that are written."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and _is_name(node.value, params):
            key = node.slice
        elif isinstance(node, ast.Call) and node.args and _is_lookup(node.func, params):
            key = node.args[0]
        else:
            continue
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            continue
        known = key.value in ALL_KEYS
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            lost = f"Writing to {params}['{key.value}'] has no effect: each step brings a new {params}."
            yield node.lineno, lost if known else f"{lost} {key_hint(key.value)}"
        elif not known:
            yield node.lineno, f"There is no {params}['{key.value}']. {key_hint(key.value)}"


def _is_lookup(function: ast.expr, params: str) -> bool:
    """``params.get`` and the like."""
    named = isinstance(function, ast.Attribute) and function.attr in ("get", "pop", "setdefault")
    return named and isinstance(function, ast.Attribute) and _is_name(function.value, params)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _returns(function: Function) -> Iterator[Remark]:
    own = [node for node in _own_nodes(function) if isinstance(node, ast.Return)]
    for node in own:
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield node.lineno, "This `return` gives no number."
    if not own:
        yield function.lineno, "The function never returns a number: end it with `return` and the reward."
    elif not _leaves(function.body):
        last = function.body[-1]
        yield last.lineno, "Not every way through the function ends with `return` and a number."


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Everything in the function, but not what lies in functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether every way through these statements ends in a return or a raise."""
    return any(_statement_leaves(statement) for statement in body)


def _statement_leaves(node: ast.stmt) -> bool:
    if isinstance(node, ast.Return | ast.Raise):
        return True
    if isinstance(node, ast.If):
        return _leaves(node.body) and _leaves(node.orelse)
    if isinstance(node, ast.With):
        return _leaves(node.body)
    if isinstance(node, ast.Try):
        tried = _leaves(node.body) or _leaves(node.orelse)
        return _leaves(node.finalbody) or (tried and all(_leaves(handler.body) for handler in node.handlers))
    if isinstance(node, ast.While):
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return endless and not any(isinstance(inner, ast.Break) for inner in ast.walk(node))
    if isinstance(node, ast.Match):
        last = node.cases[-1]
        catches_all = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        return catches_all and all(_leaves(case.body) for case in node.cases)
    return False


def _unreachable(body: list[ast.stmt]) -> Iterator[Remark]:
    for statement, following in pairwise(body):
        if _statement_leaves(statement):
            yield following.lineno, "This line is never reached: the function has returned before it."
            break
    for statement in body:
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(statement, block, None)
            if isinstance(inner, list) and not isinstance(statement, Function | ast.ClassDef):
                yield from _unreachable(inner)


def _unused(function: Function) -> Iterator[Remark]:
    """Names that the function gives a value and never looks at."""
    stored: dict[str, int] = {}
    used: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            used.update(node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    stored.setdefault(target.id, node.lineno)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.add(node.id)
    for name, line in stored.items():
        if name not in used and not name.startswith("_"):
            yield line, f"`{name}` gets a value that is never used."
