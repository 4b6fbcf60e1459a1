"""LibreOffice Calc as a host: the extension with the SOP_ functions and the S&OP menu, and how it is installed."""
