"""Facts gathered for many patients, and the statuses and counts that follow."""
