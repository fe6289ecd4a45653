"""Read the product's source as trees, for the tests of the house's rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "pro_app"
ROOMS = (
    "patient",
    "contacts",
    "nurse",
    "audit",
    "export",
    "papers",
    "reports",
    "records",
    "review",
    "requests",
    "intake",
    "followup",
    "wording",
    "demo",
    "security",
)


def files(folder: Path = PRODUCT) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf8"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, as dotted names with what is taken from them."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: imports by full name only"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that is called, and of every attribute read."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def starts(module: str, *prefixes: str) -> bool:
    return any(module == p or module.startswith(f"{p}.") for p in prefixes)
