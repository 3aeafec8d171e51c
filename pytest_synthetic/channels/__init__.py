"""What a journey drives: the browser and the API. One module a channel."""
