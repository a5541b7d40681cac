"""Properties are checked however slow the machine is: the first example pays for an import."""

from hypothesis import settings

settings.register_profile("refterm", deadline=None)
settings.load_profile("refterm")
