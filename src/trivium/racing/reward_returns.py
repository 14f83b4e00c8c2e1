"""Notes which `return` of a reward function ran, so that a wrong value is traced to its line.

A second call under a trace would not do: a function that remembers things may take another way. So each `return x` of
``reward_function`` becomes ``__value__ = x; __returned__ = 12; return __value__`` before it is compiled, and the end of
the function, where it falls off without a number, is noted too. It costs a store into the module's globals a call.
"""

from __future__ import annotations

import ast
import copy
from types import ModuleType

MARK, VALUE = "__returned__", "__value__"  # names of this form are not saved in checkpoints
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Noted(ast.NodeTransformer):
    """The returns of one function, but not of those inside it."""

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        statements: list[ast.stmt] = [note(node.lineno), node]
        if not isinstance(node.value, ast.Name | ast.Constant | None):  # it may call the function itself: note after it
            kept = ast.Assign([ast.Name(VALUE, ast.Store())], node.value)
            statements = [kept, note(node.lineno), ast.Return(ast.Name(VALUE, ast.Load()))]
        return [ast.copy_location(statement, node) for statement in statements]

    def _leave_alone(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave_alone


def note(line: int) -> ast.stmt:
    return ast.Assign([ast.Name(MARK, ast.Store())], ast.Constant(line))


def with_notes(tree: ast.Module, name: str = "reward_function") -> ast.Module:
    """A copy of the tree in which every top-level function of that name notes its returns."""
    noted = copy.deepcopy(tree)
    for function in noted.body:
        if isinstance(function, Function) and function.name == name:
            first, last = function.body[0], function.body[-1]
            function.body = [made for statement in function.body for made in as_list(Noted().visit(statement))]
            function.body.insert(has_docstring(first), ast.copy_location(ast.Global([MARK]), first))
            function.body.append(ast.copy_location(note(last.lineno), last))
    return ast.fix_missing_locations(noted)


def has_docstring(first: ast.stmt) -> bool:
    return (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str))


def as_list(made: ast.stmt | list[ast.stmt]) -> list[ast.stmt]:
    return made if isinstance(made, list) else [made]


def noted_line(module: ModuleType, function: object) -> int | None:
    """Line of the return that ran last; None where this function keeps no notes, as behind a decorator."""
    if MARK not in getattr(getattr(function, "__code__", None), "co_names", ()):
        return None
    line = module.__dict__.get(MARK)
    return line if isinstance(line, int) else None
