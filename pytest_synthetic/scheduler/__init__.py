"""Runs journeys on their schedules: on this machine, on many, or in the pipelines of others."""
