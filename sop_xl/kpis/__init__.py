"""Measures of service, inventory and execution."""
