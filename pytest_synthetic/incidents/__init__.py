"""What the history says becomes incidents, and these are told: the alerter, its rules, and what it would have done."""
