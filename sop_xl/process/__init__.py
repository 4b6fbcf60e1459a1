"""The monthly process: from input to plan, its gaps and its measures."""
