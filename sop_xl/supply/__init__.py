"""Supply plans: inventory and backlog, strategies, least-cost plans, rough-cut capacity."""
