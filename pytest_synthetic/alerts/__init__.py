"""Who is told of incidents, and in which words."""
