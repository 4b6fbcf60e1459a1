"""The SOP_ functions: one registry, called by every spreadsheet host and by the command line."""
