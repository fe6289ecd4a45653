"""Everywhere, or a set of codes."""

from pro_app.core.sites import EVERYWHERE, only


def test_every_site_is_everywhere_and_an_empty_set_holds_none() -> None:
    assert "LISHUI" in EVERYWHERE
    assert "LISHUI" in only("LISHUI", "JIAXING")
    assert "LISHUI" not in only("JIAXING")
    assert "LISHUI" not in only()
