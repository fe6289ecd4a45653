"""What patients ask about their data: a copy, a correction, to stop, to have it deleted."""
