"""Ports to the outside world: the only sockets."""
