"""Read the product's source as trees, for the tests of the house's rules."""

import ast
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
    "amendments",
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


def text(path: Path) -> str:
    return path.read_text(encoding="utf8", errors="replace")


def in_product(path: Path) -> str:
    """`nurse/day.py`."""
    return path.relative_to(PRODUCT).as_posix()


def ground() -> list[Path]:
    """The files beside the rooms, but for those that put everything together."""
    together = {"__init__.py", "worker.py", "server.py"}
    return sorted(p for p in PRODUCT.glob("*.py") if p.name not in together)
