Option Explicit

' Why a cell shows an error: kept where it arises, told by SOP_EXPLAIN.

Private Const MAX_REASONS As Long = 20000

' Reasons by workbook, sheet, cell and error value. A Collection, because a Mac has no Scripting.Dictionary.
Private reasons As Collection

Public Function SOP_EXPLAIN(ByVal cell As Variant) As Variant
    Dim one As Range
    Dim reason As String
    If Not IsObject(cell) Then
        SOP_EXPLAIN = Answer("SOP_EXPLAIN", Array(ErrorText(cell)))
        Exit Function
    End If
    If cell.Cells.CountLarge <> 1 Then
        SOP_EXPLAIN = CVErr(xlErrValue)
        Exit Function
    End If
    Set one = cell.Cells(1, 1)
    If Not IsError(one.Value) Then
        SOP_EXPLAIN = "The cell shows no error."
        Exit Function
    End If
    reason = Kept(KeyOf(one) & ErrorText(one.Value))
    If HoldsOtherFormula(one) Then
        reason = "does not come from a SOP_ function: look at the cells that the formula refers to."
    ElseIf reason = "" Then
        reason = "No reason is known yet: go to the cell, press F2 and Enter."
    End If
    SOP_EXPLAIN = ErrorText(one.Value) & " " & reason
End Function

' The reason of one cell of the result that the calling formula is about to show; without a place, of all cells.
Public Sub KeepReason(ByVal errorValue As String, ByVal reason As String, ByVal down As Long, ByVal across As Long)
    Dim one As Range
    If TypeName(Application.Caller) <> "Range" Then Exit Sub
    If reasons Is Nothing Then Set reasons = New Collection
    If reasons.Count >= MAX_REASONS Then Set reasons = New Collection
    If down >= 0 Then
        Keep KeyOf(Application.Caller.Cells(1, 1).Offset(down, across)) & errorValue, reason
    Else
        For Each one In Application.Caller.Cells
            Keep KeyOf(one) & errorValue, reason
        Next one
    End If
End Sub

Public Function ErrorText(ByVal content As Variant) As Variant
    ErrorText = content
    If Not IsError(content) Then Exit Function
    Select Case content
        Case CVErr(xlErrNull): ErrorText = "#NULL!"
        Case CVErr(xlErrDiv0): ErrorText = "#DIV/0!"
        Case CVErr(xlErrValue): ErrorText = "#VALUE!"
        Case CVErr(xlErrRef): ErrorText = "#REF!"
        Case CVErr(xlErrName): ErrorText = "#NAME?"
        Case CVErr(xlErrNum): ErrorText = "#NUM!"
        Case CVErr(xlErrNA): ErrorText = "#N/A"
        Case Else: ErrorText = "This error"
    End Select
End Function

Private Sub Keep(ByVal key As String, ByVal reason As String)
    On Error Resume Next
    reasons.Remove key
    On Error GoTo 0
    reasons.Add reason, key
End Sub

Private Function Kept(ByVal key As String) As String
    On Error Resume Next
    Kept = reasons(key)
End Function

Private Function KeyOf(ByVal cell As Range) As String
    KeyOf = cell.Worksheet.Parent.Name & "|" & cell.Worksheet.Name & "|" & cell.Address & "|"
End Function

Private Function HoldsOtherFormula(ByVal cell As Range) As Boolean
    If cell.HasFormula Then HoldsOtherFormula = InStr(1, cell.Formula, "SOP_", vbTextCompare) = 0
End Function
