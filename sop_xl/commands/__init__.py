"""What the ribbon buttons and the command line do, on a workbook that is open in some host."""
