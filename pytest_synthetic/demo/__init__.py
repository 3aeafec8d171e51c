"""The Kettle Shop: a small shop to watch, with faults that can be switched on while it runs."""
