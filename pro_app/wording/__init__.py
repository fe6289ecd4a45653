"""The wording's room: licensed texts come in here, and decide whether a study may go live."""
