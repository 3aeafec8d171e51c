"""What journeys created in the product and must be removed again: files that outlive the run, and the removal."""
