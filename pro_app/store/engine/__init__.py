"""The ground of the store: engine, transactions, locks, leases, what is known when."""
