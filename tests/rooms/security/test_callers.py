"""A limit for each address counts whoever has the address, however it is written."""

import pytest
from flask import Flask

from pro_app.security.callers import caller_of
from pro_app.security.setup import limiter
from tests.cast import Cast


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:c000:207", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002::99", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_address_is_counted_as_whose_it_is(address: str, counted: str) -> None:
    assert caller_of(address) == counted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::{n:x}", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.7", "192.0.2.8"),
    ],
)
def test_whoever_changes_the_end_of_an_address_is_slowed_all_the_same(
    app: Flask, cast: Cast, one: str, other: str
) -> None:
    limiter.reset()
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()

    def is_slowed(address: str) -> bool:
        fields = {"name": "lina", "password": "guessed"}
        answer = client.post("/staff/sign-in", data=fields, environ_base={"REMOTE_ADDR": address})
        # Who has to wait after wrong tries is told how long.
        return answer.status_code == 429 and "Retry-After" not in answer.headers

    assert [is_slowed(one.format(n=n)) for n in range(1, 22)] == [False] * 20 + [True]
    assert not is_slowed(other)
