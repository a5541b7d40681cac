"""The floor of a delivery: the same letters written, synced and renamed, as a Maildir asks for.

Arguments: a folder of letters, and a folder to write them to. Says how many letters a second it took.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path


def main() -> None:
    """Write them again and say how quick it was."""
    letters = [file.read_bytes() for file in Path(sys.argv[1]).iterdir()]
    target = Path(sys.argv[2])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    began = time.perf_counter()
    for number, text in enumerate(letters):
        part = target / f"{number}.part"
        with part.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target / str(number))
    print(len(letters) / (time.perf_counter() - began))


main()
