"""Supply plans: inventory and backlog, strategies, rough-cut capacity."""
