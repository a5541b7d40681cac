"""Puts into the wheel what is not in the package's folder: the stylesheet, and the prepared demo.

The stylesheet stands at the top of the repository; an editable installation reads it where it stands, so that a change
shows at the next start. The demo's databases are played here, so that the installed demo opens at once.
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ContentsHook(BuildHookInterface[Any]):
    """Adds files to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds; the version is `standard` or `editable`."""
        if version != "standard":
            return
        build_data["force_include"]["refterm.tcss"] = "refterm/refterm.tcss"
        sys.path.insert(0, self.root)
        self._folder = tempfile.TemporaryDirectory()
        try:
            files = importlib.import_module("refterm.services.demo.desk").prepare(Path(self._folder.name))
        except ModuleNotFoundError as missing:
            # Without isolation the builder may lack a library; the demo is then played when it is opened.
            self.app.display_warning(f"the demo is not prepared: {missing}")
            return
        finally:
            sys.path.remove(self.root)
        for file in files:
            build_data["force_include"][str(file)] = f"refterm/demo_data/{file.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called by hatchling when the wheel is written."""
        if version == "standard" and hasattr(self, "_folder"):
            self._folder.cleanup()
