"""The journeys of the demo shop, written as a user would write them: ordinary pytest tests with a few marks."""
