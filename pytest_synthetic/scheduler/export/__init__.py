"""Journeys on the schedules of others: files for pipelines, clusters and machines that a team has already."""
