"""The entry point: runs one command and turns every error into one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TextIO

from refterm import i18n
from refterm.cli.terminal import FILES_OF_A_COMMAND, require_files
from refterm.errors import RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.cli.invocation import Invocation
    from refterm.clock import Clock

# Exit statuses, as the contract and `--help` have them; 0 is done.
REFUSED, WRONG_SYNTAX, PARTIAL, INTERRUPTED = 1, 2, 3, 130
ENDED_BY_SIGNAL = 128
COMPLETION = "_REFTERM_COMPLETE"
SSH_COMMAND = "SSH_ORIGINAL_COMMAND"  # what somebody typed who came over SSH to a kiosk
TOKEN = "REFTERM_PARTNER_CENTER_TOKEN"  # noqa: S105 - its name


def main() -> NoReturn:
    """Run what was typed and end the process."""
    status = run(sys.argv[1:])
    if status > ENDED_BY_SIGNAL:
        # Python would first flush to a terminal that may have gone, or not read, and wait for threads.
        with suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def run(arguments: Sequence[str], *, clock: Clock | None = None) -> int:
    """Run a command.

    Args:
        arguments: what was typed after `refterm`.
        clock: instead of the machine's.

    Returns:
        The exit status: 0 done, 1 refused or failed, 2 wrong syntax, 3 done in part, 130 interrupted.
    """
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        _tolerate(stream)
    try:
        require_files(FILES_OF_A_COMMAND)
    except RefTermError as error:
        sys.stderr.write(f"refterm: {error}\n")  # without a module more, which would be a file to open
        return REFUSED
    try:
        status = _run(arguments, clock)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as ended:  # by a signal, before there was a desk
        return ended.code if isinstance(ended.code, int) else REFUSED
    except BrokenPipeError:
        # The reader closed the pipe, as `head` does. What is left in the buffer must not fail again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RefTermError as error:
        _complain(str(error))
        return error.exit_status
    except OSError as error:
        what = error.strerror or str(error)
        if error.filename:
            _complain(what, os.fsdecode(error.filename))
        else:
            _complain(_("the output cannot be written: {error}").format(error=what))
        return REFUSED
    except Exception as error:
        _complain(_unexpected(error))
        return REFUSED


def _run(arguments: Sequence[str], clock: Clock | None) -> int:
    i18n.use(None)
    from refterm.cli.invocation import Invocation

    invocation = Invocation(clock)
    if _opens_desk(arguments) and not os.environ.keys() & {COMPLETION, SSH_COMMAND}:
        from refterm.cli.desk import open_desk

        _take_token(invocation)
        invocation.flags = {"database": arguments[1]} if arguments else {}
        return open_desk(invocation)
    import click

    from refterm.cli.root import root

    if COMPLETION in os.environ:
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, "refterm", COMPLETION, os.environ[COMPLETION])
    _take_token(invocation)
    try:
        # Not click's main(), which prints errors and ends the process itself.
        with root.make_context("refterm", list(arguments), obj=invocation) as context:
            status = root.invoke(context)
            return status if isinstance(status, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "refterm"
        _complain(_("{error}; see {command} --help").format(error=error.format_message().rstrip("."), command=path))
        return WRONG_SYNTAX


def _opens_desk(arguments: Sequence[str]) -> bool:
    """Whether nothing is typed but `--db` and a database: the desk then does without click, which is 1.3 MiB of it."""
    match arguments:
        case []:
            return True
        case ["--db", database]:
            return database != "" and not database.startswith("-")
    return False


def _take_token(invocation: Invocation) -> None:
    """Take the token out of the environment, so that no child of this process inherits it."""
    invocation.token = (os.environ.pop(TOKEN, None) or "").strip() or None


def _complain(text: str, subject: str | None = None) -> None:
    from refterm.cli import output  # not needed where nothing goes wrong, as for --help

    output.complain(text, subject)


def _open_what_is_closed() -> None:
    """Let nothing come in and nothing go out by a standard stream that the caller closed, as `>&-` does.

    Else the next file that is opened, such as the database, would have its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for as long as it runs


def _tolerate(stream: TextIO | None) -> None:
    """Show a letter that the terminal's encoding lacks as `?`; do not fail on it."""
    if stream is not None and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")


def _unexpected(error: Exception) -> str:
    from refterm import log

    kind = type(error).__name__
    try:
        return _("unexpected error ({kind}); details in {path}").format(kind=kind, path=log.note_failure(error))
    except OSError as failure:
        return _("unexpected error ({kind}: {error}); it could not be logged: {failure}").format(
            kind=kind, error=error, failure=failure
        )
