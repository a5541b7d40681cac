"""The form that brings a file of referrals in, as `refterm import` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.services.importing import Importer
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session

# Lines about single records that are shown; the sentence has the number of all.
MOST_TOLD = 200


class BroughtIn(NamedTuple):
    """What became of a file: the summary, and a line for each refusal and warning."""

    sentence: str
    problems: tuple[str, ...]


def bring_in_form(session: Session, progress: Callable[[int], None]) -> Form[BroughtIn]:
    """Asks for the file; closes with what became of it.

    Args:
        session: what screens work with.
        progress: told, in the thread that reads, how many hundredths of the file were read.
    """
    sanitize = session.signs.sanitize

    def submit(texts: dict[str, str]) -> BroughtIn:
        path = _path(texts["file"])
        problems: list[str] = []

        def note(line: int, sentence: str) -> None:
            if len(problems) < MOST_TOLD:
                problems.append(_("line {line}: {sentence}").format(line=line, sentence=sanitize(sentence)))

        importer = Importer(session.workplace)
        try:
            size = max(path.stat().st_size, 1)
            with path.open("rb") as source:
                importer.run(
                    source,
                    name=path.name,
                    progress=lambda taken: progress(min(100 * taken // size, 100)),
                    on_refused=lambda one: note(one.line, one.sentence),
                    on_warned=lambda one: note(one.line, one.sentence),
                )
        except OSError as error:
            raise InvalidInputError({"file": error.strerror or str(error)}) from None
        said = _("{file}: {summary}").format(file=sanitize(path.name), summary=importer.total)
        return BroughtIn(said, (*importer.guesses, *problems))

    return Form(
        session,
        form="import",
        title=_("Import"),
        beside="",
        button=_("Import"),
        fields=[
            FieldSpec(
                "file",
                _("File"),
                error_lines=2,
                placeholder="~/referrals.csv",
                remark=_("from Partner Center (JSON, NDJSON, CSV) or from refterm"),
            )
        ],
        initial={},
        submit=submit,
        enter_submits=True,
        cells=78,
    )


def _path(typed: str) -> Path:
    """The file that was named.

    Raises:
        InvalidInputError: where there is none that can be read; a pipe or a device would be waited for.
    """
    if not typed.strip():
        raise InvalidInputError({"file": _("a file needs a name")})
    try:
        path = Path(typed.strip()).expanduser()
        if path.is_dir():
            raise InvalidInputError({"file": _("is a folder; name the files in it")})
        if not path.exists():
            raise InvalidInputError({"file": _("there is no such file")})
        if not path.is_file():
            raise InvalidInputError({"file": _("{path} is no regular file").format(path=path)})
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError({"file": str(getattr(error, "strerror", None) or error)}) from None
    return path
