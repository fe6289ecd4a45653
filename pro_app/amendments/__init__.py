"""Versions of the protocol: amend it, see what that changes, look at them side by side."""
