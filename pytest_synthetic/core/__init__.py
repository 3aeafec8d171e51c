"""Behaviour without I/O: time, ids and outside things come in as arguments."""
