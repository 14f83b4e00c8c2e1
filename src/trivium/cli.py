"""The command line: trivium up | doctor | runs | racing | music | bench.

Groups and commands are imported when they are used, so that --help answers at once. Progress and errors go to standard
error; exit codes: 0 done, 1 failed with a one-line reason, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from trivium import __version__
from trivium.core.lazy import LazyGroup
from trivium.errors import DiskFull, StudioError
from trivium.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

# name -> (where it is, one line for --help)
LAZY: dict[str, tuple[str, str]] = {
    "doctor": ("trivium.doctor:doctor", "Say what is here, what is missing, and the command that mends it."),
    "runs": ("trivium.run_commands:runs", "List, show, compare, stop, resume, clone and delete runs."),
    "racing": ("trivium.racing.commands:racing", "Teach a car to drive itself."),
    "music": ("trivium.music.commands:music", "Compose with generative models."),
    "vision": ("trivium.vision.commands:vision", "Teach a camera with photos."),
    "bench": ("trivium.bench.commands:bench", "Measure how fast Trivium is on this machine."),
}


class Root(LazyGroup):
    """The root group: lazy children, and every error as one line with the right exit code."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
             standalone_mode: bool = True, **extra: Any) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            result = super().main(args, prog_name, complete_var, False, **extra)
        except click.exceptions.Exit as done:
            sys.exit(done.exit_code)
        except click.ClickException as problem:
            problem.show()
            sys.exit(problem.exit_code)
        except (click.exceptions.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            sys.exit(EXIT_INTERRUPTED)
        except StudioError as error:
            _fail(error)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            sys.stderr.close()
            sys.exit(EXIT_FAILED)
        except OSError as error:
            _fail(_system_said(error))
        sys.exit(result if isinstance(result, int) else 0)


def _system_said(error: OSError) -> StudioError:
    """A file that can't be read or written, such as a data folder on a disk that is full or read-only."""
    from trivium.core.files import is_disk_full

    if is_disk_full(error):
        return DiskFull()
    return StudioError(f"{error.filename or 'A file'} can't be used: {error.strerror or error}.",
                       "Check the path, and that you may read and write there.")


def _fail(error: StudioError) -> NoReturn:
    click.echo(f"Error: {' '.join(str(error).split())}", err=True)
    sys.exit(EXIT_FAILED)


@click.group(cls=Root, name="trivium", lazy=LAZY, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trivium")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path),
              help="The data folder. Default: TRIVIUM_DATA, else the platform's usual place.")
@click.pass_context
def main(ctx: click.Context, data: Path | None) -> None:
    """Trivium: teach a car, a camera and a composer, on your own computer."""
    ctx.obj = Settings.load(data)


@main.command()
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="The address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535),
              help="The port to listen on; 0 takes any free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="The data folder.")
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
@click.pass_obj
def up(settings: Settings, host: str, port: int, data: Path | None, browser: bool) -> None:
    """Start the studio and open it in the browser."""
    from trivium.server.up import serve

    serve(Settings.load(data or settings.data, host, port), open_browser=browser)


if __name__ == "__main__":
    main()
