"""No document is missing from docs/README.md, and no link in a document leads nowhere."""

import re
import unicodedata
from pathlib import Path

import pytest

from tests.house.source import ROOT, name, text

_DOCS = ROOT / "docs"
_PAGES = sorted([*ROOT.glob("*.md"), *_DOCS.rglob("*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def _links(page: Path) -> list[str]:
    return _LINK.findall(_FENCED.sub("", text(page)))


def _anchors(page: Path) -> set[str]:
    """The headings of a page, as hosts of repositories name them in an address."""
    heads = re.findall(r"^#+ (.*)$", _FENCED.sub("", text(page)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", head.lower())) for head in heads)
    return {head.replace(" ", "-") for head in plain}


def dead(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it."""
    found = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        if path.startswith(("http://", "https://", "mailto:")):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", _PAGES, ids=name)
def test_no_link_leads_nowhere(page: Path) -> None:
    assert dead(page) == []


@pytest.mark.parametrize("link", ["none.md", "page.md#none", "#none", "../none/"])
def test_a_dead_link_is_noticed(tmp_path: Path, link: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# What is here\n[this](page.md#what-is-here) and [that]({link})\n")
    assert dead(page) == [link]


def test_every_page_stands_once_in_the_list_with_a_line_of_its_own() -> None:
    index = _DOCS / "README.md"
    listed = re.findall(r"^\| \[[^]]+\]\(([^)#]+)\) \| \S.* \|$", text(index), re.MULTILINE)
    pages = {path for path in (index.parent / each for each in listed) if path.suffix == ".md"}
    assert len(listed) == len(set(listed))
    decisions = set((_DOCS / "decisions").glob("0*.md"))
    outside = {ROOT / each for each in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")}
    expected = {*_PAGES, *outside} - decisions - {index}
    assert {path.resolve() for path in pages} == expected


def test_every_decision_stands_in_their_list_by_its_number_and_name() -> None:
    folder = _DOCS / "decisions"
    rows = re.findall(
        r"^\| \[(\d{4})\]\((.*)\) \| (.*) \|$", text(folder / "README.md"), re.MULTILINE
    )
    pages = sorted(folder.glob("0*.md"))
    assert [(number, file) for number, file, _ in rows] == [(p.name[:4], p.name) for p in pages]
    heads = [text(page).splitlines()[0] for page in pages]
    assert heads == [f"# {number}: {title}" for number, _, title in rows]
    assert [number for number, _, _ in rows] == [f"{n:04}" for n in range(1, len(rows) + 1)]
