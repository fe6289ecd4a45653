"""The store: tables, queries, and the only place that commits."""
