"""With a Spanish terminal no English word is left on any screen, except names and what the customer wrote."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

import refterm
from refterm.domain.decisions import Context
from refterm.services.importing import Importer
from refterm.services.profiles import Profiles
from refterm.services.triage import Triage
from tests.pty.terminal import Terminal
from tests.samples import api_record, ndjson
from tests.workplaces import open_at

CATALOGUE = Path(refterm.__file__).parent / "locale" / "es" / "LC_MESSAGES" / "refterm.po"
LETTERS = Path(refterm.__file__).parent / "letters"
WORD = re.compile(r"[^\W\d_]{3,}")
ESCAPE = "\x1b"
# Names: of the program, of people, of keys that are called so on Spanish keyboards, too.
NAMES = {
    "refterm",
    "ana",
    "luis",
    "escape",
    "ctrl",
    "kontor",
    "gmbh",
    "penhale",
    "mine",  # an option of `refterm list`, as the filter takes it
}
# Every screen: the keys that open it, what tells that it is there, and whether escape leaves it.
SCREENS = [
    ("1", "Entrada", False),
    ("a", "Aceptar referencia", True),
    ("d", "Rechazar referencia", True),
    ("n", "Nota", True),
    ("z", "─ Aplazar ", True),
    ("h", "Historial", True),
    ("\r", "ID referencia", True),
    ("F", "Filtro", True),
    ("i", "Conclusiones", True),
    ("p", "Perfiles de empresa", True),
    ("?", "Teclas", True),
    ("\x10", "escriba para buscar", True),
    ("/x", "resultado", True),
    ("2", "Activas", False),
    ("e", "Editar oferta", True),
    ("c", "Añadir contacto", True),
    ("w", "Dar por ganada", True),
    ("l", "Dar por perdida", True),
    ("3", "Archivadas", False),
    ("\r", "ID referencia", True),
]


def _words(text: str) -> set[str]:
    return {word.casefold() for word in WORD.findall(text)}


def _texts() -> tuple[list[str], list[str]]:
    """English and Spanish, as the catalogue has them."""
    with CATALOGUE.open("rb") as file:
        entries = [entry for entry in read_po(file) if entry.id]
    pairs = [
        (one, other)
        for entry in entries
        for one, other in zip(
            entry.id if isinstance(entry.id, tuple) else (entry.id,),
            entry.string if isinstance(entry.string, tuple) else (entry.string,),
            strict=True,
        )
    ]
    return [one for one, _other in pairs], [other for _one, other in pairs]


def _worked_at(path: Path) -> set[str]:
    """A desk with a referral in every tab and a profile; the words that its customers wrote."""
    records: list[Any] = [api_record() for _ in range(4)]
    place = open_at(path)
    now = place.now().isoformat().replace("+00:00", "Z")
    for record in records:
        record.update(createdDateTime=now, updatedDateTime=now, expirationDateTime=None)
    Importer(place).run(BytesIO(ndjson(records)), name="records.ndjson")
    Profiles(place).add(
        {"name": "Penhale", "region": "Kontor", "country": "DE", "location": "Kiel;;Luis;luis@x.example"}
    )
    triage, context = Triage(place), Context(place.today(), "EUR", ".")
    typed = {"name": "Kontor", "value": "10", "timeframe": "2099-01-01", "notes": "Kontor"}
    triage.accept(1, typed, context)
    triage.decline([2], {"reason": "budget", "notes": ""})
    place.close()
    return _words(json.dumps(records, ensure_ascii=False))


def test_no_english_word_is_left_on_any_screen(database_path: Path) -> None:
    english, spanish = _texts()
    # The letter that a form shows is in the customer's language.
    theirs = _worked_at(database_path) | NAMES | _words((LETTERS / "en" / "declined.txt").read_text())
    meant = set().union(*map(_words, spanish)) | theirs
    # A word may be cut at the edge of a frame or of a column.
    beginnings = {word[:count] for word in meant for count in range(3, len(word) + 1)}
    only_english = set().union(*map(_words, english)) - beginnings
    assert len(only_english) > 400
    found: dict[str, set[str]] = {}
    environment = {"LANG": "es_ES.UTF-8", "LC_ALL": "", "LANGUAGE": ""}
    with Terminal("--db", str(database_path), "--as", "ana", size=(120, 45), environment=environment) as terminal:
        terminal.wait("Entrada", "salir")
        for keys, sign, leaves in SCREENS:
            terminal.press(keys)
            terminal.wait(sign)
            terminal.settle()
            if left := _words(terminal.text) & only_english:
                found[sign] = left
            for _time in range(2 if keys == "/x" else leaves):
                terminal.press(ESCAPE)
                terminal.settle()
        assert found == {}
        assert terminal.leave() == 0
