"""What more than one door does to a record, once, with its record in the trail."""
