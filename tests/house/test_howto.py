"""Each page of docs/howto is followed to the letter, and what it makes is seen to work."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import howto

Followed = Callable[[str], Path]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The checkout in which a page was followed, and before it the page that it builds on."""
    done: dict[str, Path] = {}

    def to_the_end(page: str) -> Path:
        if page not in done:
            before = howto.first(page)
            folder = tmp_path_factory.mktemp(page)
            if before:
                shutil.copytree(
                    to_the_end(before).parent, folder, symlinks=True, dirs_exist_ok=True
                )
            else:
                howto.copy(folder / "checkout")
            howto.follow(page, folder / "checkout")
            done[page] = folder / "checkout"
        return done[page]

    return to_the_end


@pytest.mark.timeout(900)  # a dozen processes, on a machine that may have others to serve
@pytest.mark.parametrize("page", howto.PAGES)
def test_a_page_does_what_it_says(page: str, followed: Followed) -> None:
    checkout = followed(page)
    assert [name for name in howto.files(page) if not (checkout / name).is_file()] == []


def test_a_change_is_made_in_its_one_place() -> None:
    assert howto.changed("a\nb\nc\n", " b\n+d\n") == "a\nb\nd\nc\n"
    assert howto.changed("a\nb\nc\n", "-b\n@@\n-c\n+d\n") == "a\nd\n"
    for nowhere_or_twice in (" x\n+d\n", " a\n+d\n"):
        with pytest.raises(AssertionError):
            howto.changed("a\na\nb\n", nowhere_or_twice)


def test_a_command_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    env = howto.environment()
    howto.run("printf 'one\\ntwo 2\\nthree\\n'", "one\ntwo …\n…\n", tmp_path, env, refused=False)
    for typed, shown in (("echo one", "two\n"), ("exit 1", ""), ("printf 'a\\nb\\n'", "a\n")):
        with pytest.raises(AssertionError):
            howto.run(typed, shown, tmp_path, env, refused=False)
