"""Salts: what nobody can guess, so that nobody can guess what is digested with them."""

import os


def new_salt() -> str:
    """128 bits of chance, as 32 hexadecimal digits."""
    return os.urandom(16).hex()
