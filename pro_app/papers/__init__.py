"""What comes on paper or by voice, and what becomes of a form after it came in."""
