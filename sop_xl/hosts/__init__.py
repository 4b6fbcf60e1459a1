"""The programs and files a workbook can live in, all driven through xlwings."""
