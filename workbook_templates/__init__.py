"""The built template, shipped with the package."""
