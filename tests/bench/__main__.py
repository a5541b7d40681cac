"""`python -m tests.bench`: measure, show the table, keep it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import report
from tests.bench.figures import bulk, keys, resting, starting, syncing
from tests.bench.report import Figure

SIZES = (100, 10_000, 100_000, 1_000_000)


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="how many referrals, e.g. 100,10000")
    parser.add_argument("--runs", type=int, default=9, help="how many starts, and a measure for all repetitions")
    parser.add_argument("--seconds", type=float, default=60, help="how long a desk is watched at rest")
    parser.add_argument("--bulk", type=int, default=100_000, help="how many referrals are imported and exported")
    parser.add_argument(
        "--only", default="", help="subjects: start,painted,demo,commands,moving,search,deciding,decided,..."
    )
    parser.add_argument("--base", type=Path, help="the JSON of an earlier run, shown beside")
    parser.add_argument("--out", type=Path, help="where the JSON goes")
    parser.add_argument("--page", type=Path, help="where the table goes as a document")
    chosen = parser.parse_args(arguments)
    sizes = [int(size) for size in chosen.sizes.split(",")]
    runs, seconds = chosen.runs, chosen.seconds
    subjects: dict[str, Callable[[], Iterator[Figure]]] = {
        "start": lambda: starting.start(sizes, runs),
        "painted": lambda: starting.painted(sizes, runs),
        "demo": lambda: starting.demo(runs),
        "commands": lambda: starting.commands(sizes, runs),
        "moving": lambda: keys.moving(sizes, runs),
        "search": lambda: keys.searching(sizes, runs),
        "deciding": lambda: keys.deciding(sizes, runs),
        "decided": lambda: keys.decided(sizes),
        "rest": lambda: resting.resting(sizes, seconds),
        "worked": lambda: resting.worked(sizes, seconds / 2, max(100, runs * 112)),
        "crowd": lambda: resting.crowd(sizes, seconds / 4),
        "import": lambda: bulk.importing(chosen.bulk),
        "export": lambda: bulk.exporting(chosen.bulk),
        "expiry": lambda: bulk.expiring(sizes),
        "sync": syncing.storing,
    }
    wanted = chosen.only.split(",") if chosen.only else list(subjects)
    if unknown := set(wanted) - set(subjects):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}; there are {', '.join(subjects)}")
    base = json.loads(chosen.base.read_text()) if chosen.base else None
    figures: list[Figure] = []
    for name in wanted:
        print(f"{name} ...", file=sys.stderr, flush=True)
        figures += subjects[name]()
    print(report.table(figures, base))
    if chosen.out:
        chosen.out.write_text(json.dumps(report.as_json(figures), indent=1) + "\n")
    if chosen.page:
        chosen.page.write_text(report.page(figures))


if __name__ == "__main__":
    main()
