"""What many runs say together: pure functions over values; the time comes in as an argument."""
