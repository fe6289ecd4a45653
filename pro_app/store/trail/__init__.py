"""The trail, its seals, signatures and record locks, and certified copies."""
