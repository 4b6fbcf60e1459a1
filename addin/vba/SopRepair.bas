Option Explicit

' Formulas that lost the add-in find it again.

' Enter again what shows #NAME? because the workbook was opened before the add-in; gives how many.
Public Function ReenterFormulas(ByVal book As Workbook) As Long
    Dim sheet As Worksheet
    Dim lost As Range
    Dim cell As Range
    For Each sheet In book.Worksheets
        Set lost = Nothing
        On Error Resume Next
        Set lost = sheet.UsedRange.SpecialCells(xlCellTypeFormulas, xlErrors)
        On Error GoTo 0
        If Not lost Is Nothing Then
            For Each cell In lost.Cells
                If IsLost(cell) Then ReenterFormulas = ReenterFormulas + Reentered(cell)
            Next cell
        End If
    Next sheet
End Function

' Let links to an add-in of this name, wherever it was, lead to this one; gives how many.
Public Function RepairLinks(ByVal book As Workbook) As Long
    Dim links As Variant
    Dim i As Long
    links = book.LinkSources(xlExcelLinks)
    If IsEmpty(links) Then Exit Function
    For i = LBound(links) To UBound(links)
        If IsElsewhere(links(i)) Then
            book.ChangeLink Name:=links(i), NewName:=ThisWorkbook.FullName, Type:=xlLinkTypeExcelLinks
            RepairLinks = RepairLinks + 1
        End If
    Next i
End Function

Private Function IsElsewhere(ByVal link As String) As Boolean
    Dim file As String
    file = Mid$(link, InStrRev(link, "/") + 1)
    file = Mid$(file, InStrRev(file, "\") + 1)
    If StrComp(file, ThisWorkbook.Name, vbTextCompare) <> 0 Then Exit Function
    IsElsewhere = StrComp(link, ThisWorkbook.FullName, vbTextCompare) <> 0
End Function

Private Function IsLost(ByVal cell As Range) As Boolean
    If Not IsError(cell.Value) Then Exit Function
    If cell.Value <> CVErr(xlErrName) Then Exit Function
    IsLost = InStr(1, cell.Formula, "SOP_", vbTextCompare) > 0
End Function

' 1 for a formula that was entered again; 0 where it is protected, or too long for an array formula.
Private Function Reentered(ByVal cell As Range) As Long
    Dim late As Object
    On Error GoTo NotDone
    If cell.HasArray Then
        If cell.Address <> cell.CurrentArray.Cells(1, 1).Address Then Exit Function
        cell.CurrentArray.FormulaArray = cell.FormulaArray
    Else
        ' Formula2, of newer Excel, keeps a formula that spills.
        Set late = cell
        On Error Resume Next
        late.Formula2 = late.Formula2
        If Err.Number <> 0 Then
            On Error GoTo NotDone
            cell.Formula = cell.Formula
        End If
    End If
    Reentered = 1
NotDone:
End Function
