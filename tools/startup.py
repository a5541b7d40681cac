"""Where the time of the desk's start goes: each of its imports by package, and refterm's own modules one by one.

Run with `make startup`. Times are the interpreter's own (`-X importtime`), which adds some to each module.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

START = "import refterm.cli.main, refterm.cli.desk, refterm.tui.app, refterm.store.sqlite"
LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
SHOWN = 15


def main() -> None:
    """Measure once and print two tables."""
    # The first run compiles what is new; only the second counts.
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", START], capture_output=True, text=True, check=True
        )
    modules = {name: int(time) for time, name in LINE.findall(done.stderr)}
    packages: Counter[str] = Counter()
    for name, time in modules.items():
        packages[name.partition(".")[0]] += time
    own = Counter({name: time for name, time in modules.items() if name.partition(".")[0] == "refterm"})
    total = sum(modules.values())
    print(f"{len(modules)} modules, {total / 1000:.0f} ms; of refterm {len(own)}, {sum(own.values()) / 1000:.0f} ms")
    for title, table in (("package", packages), ("module of refterm", own)):
        print(f"\n{'ms':>8}  {title}")
        for name, time in table.most_common(SHOWN):
            print(f"{time / 1000:8.1f}  {name}")


if __name__ == "__main__":
    main()
