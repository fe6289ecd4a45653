"""The patient's room: the pages, and the door by which a phone sends its forms."""
