"""`refterm profile`: several countries may follow one `--country`."""

from __future__ import annotations

from tests.cli.conftest import Command, complaint


def test_one_option_takes_several_countries(refterm: Command) -> None:
    """P1; a word that cannot be a country is none of them."""
    place = ("--region", "R", "--location", "Kiel;k1;Mara;mara@x.example;1")
    refterm("profile", "add", "--name", "Both", "--country", "es", "PT", *place)
    refterm("profile", "edit", "Both", "--country", "DE", "AT", "--country", "CH")
    assert [one["countries"] for one in refterm("profile", "list", "--json").json] == [["DE", "AT", "CH"]]
    assert "unexpected extra argument" in complaint(
        refterm("profile", "add", "--name", "X", "--country", "ES", "Portugal", *place), 2
    )
