"""Frozen data, standard library only: what a journey is, what a run was."""
