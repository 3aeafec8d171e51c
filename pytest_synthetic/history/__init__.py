"""The history: every run, in SQLite or PostgreSQL, and what was promised and kept."""
