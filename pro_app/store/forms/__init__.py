"""Forms and what becomes of them: drafts, corrections, decisions, keying, scans."""
