"""One of the ten others: marks referrals as favourites, and counts what was refused and what is in the history.

Arguments: the desk's database, a number of its own, how many writes.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from refterm.config import Settings
from refterm.errors import RefTermError
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.workplace import open_workplace


def main() -> None:
    """Write, with the pauses that people make."""
    path, number, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(number)
    workplace = open_workplace(Settings(database=str(path), user=f"writer{number}"))
    marks, token, errors = Marks(workplace), Desk(workplace).token(), 0
    newest = max(entry.referral or 0 for entry in [*Desk(workplace).history(1)]) or 1
    numbers = range(newest, newest + 90)
    print("ready", flush=True)
    for _ in range(count):
        try:
            marks.favorite(chance.choice(numbers))
        except RefTermError:
            errors += 1
        time.sleep(chance.uniform(0, 0.04))
    with workplace.database.reading() as connection:
        written = connection.execute(
            'select count(*) from history where "by" = ? and id > ?', (workplace.actor.name, token)
        ).fetchone()[0]
    print(errors, written)
    workplace.close()


main()
