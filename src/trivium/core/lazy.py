"""A group of commands that are imported when they are used, so that --help answers at once."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

import click

Targets = Mapping[str, tuple[str, str]]  # name -> ("module:command", one line for --help)


class LazyGroup(click.Group):
    """Lists and resolves `lazy` beside its own commands; a target whose module is not there is passed over."""

    def __init__(self, *arguments: Any, lazy: Targets | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.lazy: Targets = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands, *(name for name, (target, _) in self.lazy.items() if exists(target))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.lazy and exists(self.lazy[cmd_name][0]):
            module, _, name = self.lazy[cmd_name][0].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, command.get_short_help_str(70)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, self.lazy[name][1]) for name in self.list_commands(ctx)
                                        if name in self.lazy)])


def exists(target: str) -> bool:
    """Whether the module of "module:name" can be found; asking imports its packages alone."""
    try:
        return importlib.util.find_spec(target.partition(":")[0]) is not None
    except ModuleNotFoundError:
        return False
