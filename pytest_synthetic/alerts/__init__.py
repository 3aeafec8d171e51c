"""Who is told of an incident, in which words, and how these get there."""
