"""The trail that can be believed: sealed, verified, searched, handed out."""
