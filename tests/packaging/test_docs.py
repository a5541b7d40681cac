"""The pages for developers name what there is: paths, names and rules, so that none of them can grow old unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
RULE = re.compile(r"\b[PIFAHGTUZNWS]\d{1,2}\b")
CODE = [*(ROOT / "refterm").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]


def _quoted(page: str) -> set[str]:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


def _paths(page: str) -> set[str]:
    return {name for name in _quoted(page) if re.fullmatch(r"[\w./-]+(\.(py|md|po|toml|tcss)|/)", name)}


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page: str) -> None:
    there = {path.relative_to(ROOT).as_posix() for path in CODE}
    missing = {
        name
        for name in _paths(page)
        if "NNNN" not in name
        and not (ROOT / name).exists()
        and not any(path.endswith(f"/{name}") or (name.endswith("/") and f"/{name}" in path) for path in there)
    }
    assert missing == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_name_is_defined_somewhere(page: str) -> None:
    defined = {
        name
        for path in CODE
        for name in re.findall(r"^\s*(?:async )?(?:def|class) (\w+)", path.read_text("utf-8"), re.M)
    }
    constants = {name for path in CODE for name in re.findall(r"^([A-Z_]+)\b", path.read_text("utf-8"), re.M)}
    modules = {path.stem for path in CODE}
    used = {
        part
        for name in _quoted(page)
        if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*(\(\))?", name) and ("." in name or "_" in name or name[:1].isupper())
        for part in name.removesuffix("()").split(".")
    }
    known = defined | constants | modules | {"database", "py", "toml", "md", "tcss", "pyproject", "refterm"}
    assert {part for part in used if part not in known and not part.endswith(("_type", "tcss"))} == set()


@pytest.mark.parametrize("page", [*PAGES, "docs/rules.md"])
def test_no_page_names_a_file_outside_the_repository(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((ROOT / page).parent / target).resolve().is_relative_to(ROOT), target
    assert "../shared" not in text


def test_every_rule_that_is_cited_stands_in_the_rules() -> None:
    known = set(re.findall(r"\*\*([A-Z]\d{1,2})\*\*", (ROOT / "docs/rules.md").read_text("utf-8")))
    cited = {
        (rule, path.relative_to(ROOT).as_posix())
        for path in CODE
        for text in re.findall(r"\(([A-Z]\d{1,2}(?:[,;-] ?[A-Z]\d{1,2})*)\)", path.read_text("utf-8"))
        for rule in RULE.findall(text)
    }
    assert len(cited) > 200, "the rules are cited throughout the code"
    assert {one for one in cited if one[0] not in known} == set()
