"""`refterm import` and `refterm export`: bring referrals in and take them out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO, Literal, TextIO

import click

from refterm.cli import output
from refterm.cli.base import Invocation, command, pass_invocation
from refterm.cli.listing import TABS
from refterm.cli.main import PARTIAL, REFUSED
from refterm.cli.terminal import is_terminal
from refterm.errors import NotAllowedError, RefTermError, StoreError
from refterm.i18n import _, ngettext

if TYPE_CHECKING:
    from refterm.services.importing import Importer, Refused

FORMATS = ("csv", "json", "ndjson")
STANDARD = "-"


@command(
    "import",
    more=_(
        "Reads Partner Center's JSON (an object, an array, a page, an object a line), its CSV, and refterm's own exports."
        " `-` is standard input. The same referral again changes nothing; what cannot be read is refused by itself."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--format", "shape", type=click.Choice(("auto", *FORMATS)), default="auto", help=_("What they are."))
@click.option("--rejects", type=click.Path(), metavar="FILE", help=_("Keep refused records there, as they were."))
@pass_invocation
def import_(
    invocation: Invocation,
    /,
    files: tuple[str, ...],
    shape: Literal["auto", "csv", "json", "ndjson"],
    rejects: str | None,
) -> int:
    """Bring referrals in."""
    invocation.forbid_in_kiosk(*files, rejects)
    # Looked at before a desk is made for them.
    unreadable = {name: why for name in files if (why := _why_unreadable(name, rejects))}
    for name, why in unreadable.items():
        output.complain(why, name)
    readable = [name for name in files if name not in unreadable]
    if not readable:
        return REFUSED
    read = 0
    with ExitStack() as stack:
        workplace = stack.enter_context(invocation.workplace(create=True))
        workplace.require_writing()
        from refterm.services.importing import Importer

        importer = Importer(workplace)
        kept = stack.enter_context(open(rejects, "wb")) if rejects else None
        bar = Progress(sum(os.path.getsize(name) for name in readable if os.path.isfile(name)))
        for name in readable:
            read += _import_one(importer, name, shape, kept, bar)
        bar.clear()
    output.line(str(importer.total))
    if not read:
        return REFUSED
    return PARTIAL if importer.total.rejected or read < len(files) else 0


def _import_one(
    importer: Importer, name: str, shape: Literal["auto", "csv", "json", "ndjson"], kept: BinaryIO | None, bar: Progress
) -> bool:
    """Bring one file in; whether it could be read."""

    def refused(record: Refused) -> None:
        bar.clear()
        output.complain(record.sentence, f"{name}:{record.line}")

    try:
        with _opened(name) as source:
            importer.run(source, name=name, format=shape, rejects=kept, progress=bar.show, on_refused=refused)
        bar.next_file()
        return True
    except (StoreError, NotAllowedError):
        raise  # the desk's fault, not this file's
    except RefTermError as error:
        bar.clear()
        output.complain(str(error), name)
    except OSError as error:
        bar.clear()
        output.complain(error.strerror or str(error), name)
    return False


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STANDARD:
        yield sys.stdin.buffer
        return
    with open(name, "rb") as source:
        yield source


def _why_unreadable(name: str, rejects: str | None) -> str | None:
    if name == STANDARD:
        return None
    if not os.path.exists(name):
        return _("there is no such file")
    if os.path.isdir(name):
        return _("is a folder; name the files in it")
    if not os.access(name, os.R_OK):
        return _("may not be read; check its permissions")
    if rejects and os.path.exists(rejects) and os.path.samefile(name, rejects):
        return _("is the file for the rejects, too; name another with --rejects")
    return None


class Progress:
    """How much of all files was read, in one line on the terminal that is drawn over; nothing where there is none."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._before = 0  # bytes of the files that are done
        self._taken = 0
        self._drawn_at = 0.0
        self._seen = is_terminal(sys.stderr)
        self._drawn = False

    def show(self, taken: int) -> None:
        """Say that so many bytes of the present file were read."""
        self._taken = taken
        if not self._seen or monotonic() - self._drawn_at < 0.1:
            return
        self._drawn_at, self._drawn = monotonic(), True
        done = self._before + taken
        if self._total:
            share = min(1.0, done / self._total)
            text = f"{'#' * int(share * 40):<40} {share:4.0%}"
        else:
            text = _("{n} MB read").format(n=f"{done / 1e6:.1f}")
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def next_file(self) -> None:
        """The present file is done."""
        self._before += self._taken
        self._taken = 0

    def clear(self) -> None:
        """Take the line away, so that something else can be said."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            self._drawn = False


@command("export", more=_("What it writes, import reads back: all fields, marks, skips and contacts."))
@click.option("--tab", type=click.Choice(TABS), default="all", help=_("Which tab; all unless given."))
@click.option(
    "--format", "shape", type=click.Choice(FORMATS), help=_("What to write; otherwise as FILE's name says, or csv.")
)
@click.option("-o", "--output", "target", type=click.Path(), default=STANDARD, metavar="FILE", help=_("Where to."))
@pass_invocation
def export_(invocation: Invocation, /, tab: str, shape: Literal["csv", "json", "ndjson"] | None, target: str) -> None:
    """Take referrals out."""
    invocation.forbid_in_kiosk(target)
    chosen = shape or _shape_of(target)
    with invocation.workplace() as workplace:
        from refterm.domain.query import Tab
        from refterm.services.exporting import Exporter

        own = workplace.database.file
        if own and os.path.exists(target) and os.path.samefile(target, own):
            raise RefTermError(_("{file} is the desk's own database; name another file").format(file=target))
        with _writing(target) as file:
            count = Exporter(workplace).write(file, format=chosen, tab=Tab(tab))
    if target != STANDARD:
        said = ngettext("Exported {n} referral to {file}.", "Exported {n} referrals to {file}.", count)
        output.line(said.format(n=count, file=target))


def _shape_of(target: str) -> Literal["csv", "json", "ndjson"]:
    match os.path.splitext(target)[1].lower():
        case ".json":
            return "json"
        case ".ndjson" | ".jsonl":
            return "ndjson"
    return "csv"


@contextmanager
def _writing(target: str) -> Iterator[TextIO]:
    """The file to write, in UTF-8 whatever the locale: whole under its name in the end, or not there at all."""
    import io
    import tempfile

    if target == STANDARD:
        stream = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=True)
        try:
            yield stream
        finally:
            stream.detach()
        return
    path = Path(target)
    if path.exists() and not path.is_file():  # such as /dev/null
        with open(path, "w", encoding="utf-8", newline="") as file:
            yield file
        return
    try:
        descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:  # of the name that was given, not of ours
        raise OSError(error.errno, error.strerror, target) from error
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
