"""The files' room: reading tables from outside, scoring them, taking them into the record."""
