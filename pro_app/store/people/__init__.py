"""Who may come in, and with what: staff, patients' links, sign-ins."""
