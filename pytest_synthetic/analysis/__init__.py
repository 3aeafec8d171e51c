"""What many runs say: pure functions of counts and spans; time comes in as an argument."""
