"""Puts the stylesheet, which stands at the top of the repository, beside the code in the wheel.

Only there: an editable installation reads it where it stands, so that a change shows at the next start.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StylesheetHook(BuildHookInterface[Any]):
    """Adds `refterm.tcss` to the package of a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds; the version is `standard` or `editable`."""
        if version == "standard":
            build_data["force_include"]["refterm.tcss"] = "refterm/refterm.tcss"
