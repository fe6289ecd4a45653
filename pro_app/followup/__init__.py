"""Follow-up that runs by itself."""
