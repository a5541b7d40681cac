"""Handing on what the desk shows: the filtered list, its history, or the insights, to a file or the clipboard."""

from __future__ import annotations

import io
import os
from pathlib import Path

from refterm.domain.query import View
from refterm.errors import InvalidInputError, RefTermError
from refterm.i18n import _, ngettext
from refterm.services.exporting import Exporter
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session

# More than this no terminal takes into its clipboard.
MOST_COPIED = 74_000
CLIPBOARD = "clipboard"


def hand_on_form(session: Session, view: View, *, kiosk: bool) -> Form[tuple[str, str]]:
    """Asks what and where to; closes with the sentence for the toast, and what is to be copied.

    Args:
        session: what screens work with.
        view: the list that is shown.
        kiosk: no file is written.
    """
    signs = session.signs

    def submit(texts: dict[str, str]) -> tuple[str, str]:
        what = texts["what"] or "list"
        text, count = content(session, view, what)
        said = {
            "list": ngettext("{n} referral", "{n} referrals", count),
            "history": ngettext("{n} entry of the history", "{n} entries of the history", count),
        }.get(what, _("The insights")).format(n=count)
        if texts.get("where", CLIPBOARD) == CLIPBOARD:
            if len(text.encode()) > MOST_COPIED:
                raise InvalidInputError(
                    {"where" if not kiosk else "what": _("that is too much for a clipboard; choose fewer, or a file")}
                )
            return _("{what}: sent to your terminal's clipboard.").format(what=said), text
        path = written(texts["file"], text)
        return _("{what}: written to {file}.").format(what=said, file=signs.sanitize(str(path))), ""

    fields = [
        FieldSpec(
            "what",
            _("What"),
            "choice",
            options=[
                ("list", _("the list, as CSV")),
                ("history", _("the history of the list, as CSV")),
                ("md", _("the insights, as a page (Markdown)")),
                ("csv", _("the insights, as CSV")),
            ],
        )
    ]
    if not kiosk:
        fields += [
            FieldSpec(
                "where",
                _("Where to"),
                "choice",
                options=[(CLIPBOARD, _("clipboard")), ("file", _("file"))],
                inline=True,
                error_lines=2,
            ),
            FieldSpec("file", _("File"), error_lines=2),
        ]
    return Form(
        session,
        form="hand-on",
        title=_("Hand on"),
        beside="",
        button=_("Hand on"),
        fields=fields,
        initial={"what": "list", "where": CLIPBOARD, "file": f"~/refterm-{session.workplace.today().isoformat()}.csv"},
        submit=submit,
        cells=78,
    )


def content(session: Session, view: View, what: str) -> tuple[str, int]:
    """What is handed on, as text, and how many lines of it there are."""
    if what in ("list", "history"):
        out = io.StringIO(newline="")
        exporter = Exporter(session.workplace)
        count = (
            exporter.write(out, format="csv", view=view)
            if what == "list"
            else exporter.write_history(out, view, format="csv")
        )
        return out.getvalue(), count
    from refterm.services.insight.insight_page import csv_text, markdown
    from refterm.services.insight.insights import gather

    found = gather(session.workplace)
    return (markdown(found) if what == "md" else csv_text(found)), 0


def written(typed: str, text: str) -> Path:
    """Write a new file; one that is there already is left alone.

    Raises:
        InvalidInputError: under the name `file`.
    """
    if not typed.strip():
        raise InvalidInputError({"file": _("a file needs a name")})
    try:
        path = Path(typed.strip()).expanduser()
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise InvalidInputError({"file": _("there is such a file already; name another")}) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError({"file": str(getattr(error, "strerror", None) or error)}) from None
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise RefTermError(f"{path}: {error.strerror}") from error
    return path
