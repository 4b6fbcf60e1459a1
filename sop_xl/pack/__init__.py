"""The meeting pack: what the plan says, as a presentation that reads on its own."""
