"""Gathers README, CONTRIBUTING and docs/ into one folder whose links hold there, and builds the pages: `make docs`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
GATHERED, SITE = ROOT / ".site" / "pages", ROOT / ".site" / "html"
# Where a link of one of the pages leads, from the folder in which all of them lie.
_LINKS = (
    (r"\]\(docs/", "]("),
    (r"\]\(\.\./CONTRIBUTING\.md", "](contributing.md"),
    (r"\]\(CONTRIBUTING\.md", "](contributing.md"),
)
# Parts of the README that are pages of their own in the site: the heading, and the page.
PARTS = {
    "Keys": "all-keys.md",
    "Commands": "commands.md",
    "Profiles and notices": "profiles.md",
    "A shared server": "server.md",
    "Configuration": "configuration.md",
}
_NO_PAGES = r"\]\((?:\.\./)?(LICENSE|CHANGELOG\.md)\)"


def gather() -> None:
    """Copy the pages, each with its links."""
    shutil.rmtree(GATHERED, ignore_errors=True)
    shutil.copytree(ROOT / "docs", GATHERED)
    for name, source in (("index.md", "README.md"), ("contributing.md", "CONTRIBUTING.md")):
        shutil.copyfile(ROOT / source, GATHERED / name)
    _part(GATHERED / "index.md")
    for page in GATHERED.glob("*.md"):
        text = page.read_text("utf-8")
        for pattern, link in _LINKS:
            text = re.sub(pattern, link, text)
        page.write_text(re.sub(_NO_PAGES, r"](#)", text), "utf-8")


def _part(index: Path) -> None:
    """Move parts of the README to pages of their own; PostgreSQL, a part of a part, too."""
    first, *parts = re.split(r"(?m)^## ", index.read_text("utf-8"))
    kept = [first]
    for part in parts:
        title = part.partition("\n")[0]
        if title not in PARTS:
            kept.append("## " + part)
            continue
        body = re.sub(r"(?m)^###", "##", part)
        if title == "A shared server":
            body, _, postgres = body.partition("## PostgreSQL\n")
            index.with_name("postgresql.md").write_text("# PostgreSQL\n" + postgres, "utf-8")
            body += "With several machines keep the desk in [PostgreSQL](postgresql.md).\n"
        index.with_name(PARTS[title]).write_text("# " + body, "utf-8")
    text = "".join(kept)
    for title, page in PARTS.items():
        text = text.replace(f"](#{title.lower().replace(' ', '-')})", f"]({page})")
    index.write_text(text, "utf-8")


if __name__ == "__main__":
    gather()
    build = ["-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", str(ROOT / "mkdocs.yml")]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # an advertisement
    sys.exit(subprocess.run([sys.executable, *build, "--site-dir", str(SITE)], env=quiet, check=False).returncode)
