"""The plan in money: valuation and the bridge from plan to actual."""
