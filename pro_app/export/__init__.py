"""The room of the data manager and the statistician: the data set, checked, as files."""
