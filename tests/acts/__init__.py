"""What more than one door does, tried through every door."""
