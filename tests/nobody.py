"""Programs of tests that run as nobody: root may do everything, so nothing is refused to it."""

from __future__ import annotations

# The interpreter and its packages may lie in a folder that is closed to others, such as root's home. A folder that was
# opened before can still be read through /proc/self/fd, as long as the process may be looked into.
BECOME_NOBODY = """
import ctypes, os, sys

def opened(paths):
    return [f"/proc/self/fd/{os.open(path, os.O_PATH)}" if os.path.isdir(path) else path for path in paths]

if os.geteuid() == 0:
    sys.path[:] = opened(sys.path)
    for module in list(sys.modules.values()):
        if getattr(module, "__path__", None):
            module.__path__ = opened(module.__path__)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    PR_SET_DUMPABLE = 4
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1)
"""


def become(user: int, *groups: int) -> str:
    """The same for another user, who is in some groups."""
    return BECOME_NOBODY.replace("os.setgroups([])", f"os.setgroups({list(groups)})").replace("65534", str(user))
