"""The site staff's room: what is due, what is missing and why, and how complete it is."""
