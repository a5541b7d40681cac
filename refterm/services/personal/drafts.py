"""What was typed in a form and not sent, kept until it is: one small file for each person, desk, form and referral.

The files lie in the user's state folder, for nobody else's eyes: they hold what customers are promised.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from refterm import files
from refterm.errors import StoreError
from refterm.log import note_failure
from refterm.text import clean


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed.

    Attributes:
        texts: texts by field.
        saved_at: when it was kept, in UTC.
        shown: what the form showed at first, by field; tells what was typed from what merely stood there.
    """

    texts: dict[str, str]
    saved_at: datetime
    shown: dict[str, str] = field(default_factory=dict)


class Drafts:
    """One person's drafts on one desk."""

    def __init__(self, folder: Path, desk: str, person: str) -> None:
        """Nothing is read or written yet.

        Args:
            folder: where drafts lie; made when the first one is kept.
            desk: the desk's id, which it keeps wherever its database lies and however its path is written.
            person: who types.
        """
        self._parent, self._person = folder, person
        self.belong_to(desk)

    def belong_to(self, desk: str) -> None:
        """Go over to another desk, which has taken the place of the former one."""
        # Both may hold anything, so neither can be a file's name.
        mark = _sha256(f"{desk}\0{self._person}".encode("utf-8", "surrogatepass"))[:16]
        self._folder = self._parent / mark

    def load(self, form: str, referral_id: int) -> Draft | None:
        """The draft of a form on a referral, if there is one. A damaged one is put aside, for a person to look at."""
        path = self._path(form, referral_id)
        try:
            return _read(files.read(path))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            # What cannot be read either would be written over by the next draft.
            _note(f"the draft {path} cannot be read and was put aside", error)
            with suppress(OSError):
                os.replace(path, path.with_suffix(".damaged"))
            return None

    def save(
        self,
        form: str,
        referral_id: int,
        texts: Mapping[str, str],
        at: datetime,
        *,
        shown: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what is typed. The file is whole or as it was before, whenever the process ends.

        Raises:
            OSError: when the folder cannot be written.
        """
        record = {"saved_at": at.astimezone(UTC).isoformat(), "texts": dict(texts), "shown": dict(shown or {})}
        files.write(self._path(form, referral_id), json.dumps(record).encode())

    def drop(self, form: str, referral_id: int) -> None:
        """Forget the draft of a form on a referral.

        Raises:
            OSError: when it is there and cannot be removed.
        """
        self._path(form, referral_id).unlink(missing_ok=True)

    def _path(self, form: str, referral_id: int) -> Path:
        return self._folder / f"{form}-{referral_id}.json"


def _read(content: bytes) -> Draft:
    record = json.loads(content)
    saved_at = datetime.fromisoformat(record["saved_at"])
    if saved_at.tzinfo is None:
        raise ValueError("no zone")
    return Draft(_texts(record["texts"]), saved_at.astimezone(UTC), _texts(record.get("shown", {})))


def _texts(found: Mapping[str, object]) -> dict[str, str]:
    # Cleaned again: a file can be written by another program.
    return {str(name): clean(text) for name, text in found.items() if isinstance(text, str)}


def _note(what: str, error: Exception) -> None:
    """A draft that cannot be read blocks nobody; the log has the error."""
    problem = StoreError(what)
    problem.__cause__ = error
    with suppress(OSError):
        note_failure(problem)


def _sha256(data: bytes) -> str:
    # By Python's own module where there is one: hashlib loads OpenSSL, which is 1 MiB of its own in every desk.
    for name in ("_sha2", "_sha256", "hashlib"):
        with suppress(ImportError):
            return str(import_module(name).sha256(data).hexdigest())
    raise ImportError("sha256")
