"""What the investigator answers for: signing off records, locking them."""
