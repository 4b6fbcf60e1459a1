"""Sales and operations planning for spreadsheets, in plain NumPy underneath."""

__version__ = "0.1.0"
