"""The benchmark program works: a short run of it; what the figures are is for `make bench` to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import desks
from tests.bench.figures import syncing
from tests.bench.report import Figure, percentile, table


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Desks of a test are not those of a measurement."""
    monkeypatch.setattr(desks, "FOLDER", tmp_path / "bench")


def test_a_short_run_measures_and_keeps_what_it_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, page = tmp_path / "bench.json", tmp_path / "bench.md"
    arguments = ["--sizes", "100", "--runs", "1", "--bulk", "200", "--only", "start,painted,moving,search,import,sync"]
    monkeypatch.setattr(syncing, "PAGES", 1)
    bench.main([*arguments, "--out", str(out), "--page", str(page)])
    figures = {one["name"]: one for one in json.loads(out.read_text())["figures"]}
    assert {
        "start to the first rows",
        "first page painted, no key taken yet, to a start without it",
        "down and up, bytes",
        "search, letter to hits, p50",
    } <= figures.keys()
    assert all(one["value"] > 0 for one in figures.values() if one["unit"] == "x")
    assert "| start to the first rows | 100 | 1.15 x |" in page.read_text()
    capsys.readouterr()
    bench.main(["--sizes", "100", "--runs", "1", "--only", "start", "--base", str(out)])
    assert " before |" in capsys.readouterr().out


def test_what_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--only", "everything"])
    assert "there are start, painted, demo" in capsys.readouterr().err


def test_a_target_is_a_most_or_a_least() -> None:
    slow, quick = Figure("a", "", 2.0, "x", 1.5), Figure("b", "", 2.0, "rows/s", 1.5, at_least=True)
    assert (slow.met, quick.met, Figure("c", "", 1, "B", None).met) == (False, True, None)
    assert "| a |  | 1.50 x | 2.00 x | **no** |  |" in table([slow])


def test_percentiles_lie_between_the_values() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([1, 2, 3, 4, 5], 0.95) == pytest.approx(4.8)
