"""What the plugin costs, as ratios and differences measured in one run: `python -m benchmarks`."""
