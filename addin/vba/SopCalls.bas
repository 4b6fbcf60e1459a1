Option Explicit

' One way from a cell to Python and back, for every SOP_ function.

Private Const UDF_MODULE As String = "addin.excel_udfs"
Private Const RETRY_SECONDS As Double = 30

Private server As Object
Private failedAt As Double
Private failure As String

' The result of a function, or error values whose reasons SOP_EXPLAIN tells.
Public Function Answer(ByVal functionName As String, ByVal given As Variant) As Variant
    #If Mac Then
        Answer = Refused("#N/A", "SOP_ functions need Excel on Windows. The buttons work here.", -1, -1)
    #Else
        Answer = Shown(Asked(functionName, given))
    #End If
End Function

' The answer of a function that could not be asked.
Public Function Failed(ByVal reason As String) As Variant
    Failed = Refused("#VALUE!", reason, -1, -1)
End Function

' What a cell or a range holds, all of it in one piece; an omitted argument is empty.
Public Function CellsOf(Optional ByVal given As Variant) As Variant
    If IsMissing(given) Then
        CellsOf = Empty
    ElseIf Not IsObject(given) Then
        CellsOf = given
    ElseIf given.Areas.Count > 1 Then
        Err.Raise 5, , "An argument has " & given.Areas.Count & " separate ranges. Give one block of cells."
    ElseIf given.Worksheet.Parent.Date1904 Then
        ' Dates must come as dates here: their numbers count from another day.
        CellsOf = UsedPart(given).Value
    Else
        ' Value would round what is formatted as currency to four decimals.
        CellsOf = UsedPart(given).Value2
    End If
End Function

' Python is started again at the next call.
Public Sub ForgetPython()
    Set server = Nothing
    failedAt = 0
End Sub

' A whole column or row ends where the sheet does: only its used part has cells to send.
Private Function UsedPart(ByVal area As Range) As Range
    Dim sheet As Worksheet
    Dim lastRow As Long
    Dim lastColumn As Long
    Set sheet = area.Worksheet
    Set UsedPart = area
    If area.Rows.Count < sheet.Rows.Count And area.Columns.Count < sheet.Columns.Count Then Exit Function
    lastRow = sheet.UsedRange.Row + sheet.UsedRange.Rows.Count - 1
    lastColumn = sheet.UsedRange.Column + sheet.UsedRange.Columns.Count - 1
    Set UsedPart = area.Resize(Between(lastRow - area.Row + 1, area.Rows.Count), _
                               Between(lastColumn - area.Column + 1, area.Columns.Count))
End Function

Private Function Between(ByVal wanted As Long, ByVal most As Long) As Long
    Between = wanted
    If Between > most Then Between = most
    If Between < 1 Then Between = 1
End Function

' Python may have ended since the last call: then it is asked a second time, newly started.
Private Function Asked(ByVal functionName As String, ByVal given As Variant) As Variant
    Dim reached As Boolean
    On Error Resume Next
    Asked = Python().CallUDF(UDF_MODULE, functionName, (given), Nothing, Nothing)
    reached = Err.Number = 0
    On Error GoTo 0
    If reached Then Exit Function
    Set server = Nothing
    Asked = Python().CallUDF(UDF_MODULE, functionName, (given), Nothing, Nothing)
End Function

' Where Python cannot be started, a thousand cells do not wait for it one after the other.
Private Function Python() As Object
    If server Is Nothing Then
        If failedAt > 0 And (CDbl(Now) - failedAt) * 86400 < RETRY_SECONDS Then Err.Raise 1000, , failure
        On Error GoTo NotStarted
        Set server = XLPy()
        failedAt = 0
    End If
    Set Python = server
    Exit Function
NotStarted:
    failedAt = CDbl(Now)
    failure = "Python could not be started: " & Err.Description & " Run sop-xl doctor, then S&OP, Restart Python."
    Err.Raise 1000, , failure
End Function

' What Python found, with error values in place of refusals. A single row comes as a list.
Private Function Shown(ByVal found As Variant) As Variant
    Dim r As Long
    Dim c As Long
    If Not IsArray(found) Then
        Shown = CellOf(found, -1, -1)
        Exit Function
    End If
    If Dimensions(found) = 1 Then
        For c = LBound(found) To UBound(found)
            found(c) = CellOf(found(c), 0, c - LBound(found))
        Next c
    Else
        For r = LBound(found, 1) To UBound(found, 1)
            For c = LBound(found, 2) To UBound(found, 2)
                found(r, c) = CellOf(found(r, c), r - LBound(found, 1), c - LBound(found, 2))
            Next c
        Next r
    End If
    Shown = found
End Function

' A refusal comes as text: character 1, the error value, character 1, the reason.
Private Function CellOf(ByVal content As Variant, ByVal down As Long, ByVal across As Long) As Variant
    Dim parts() As String
    CellOf = content
    If VarType(content) <> vbString Then Exit Function
    If Left$(content, 1) <> Chr$(1) Then Exit Function
    parts = Split(content, Chr$(1), 3)
    CellOf = Refused(parts(1), parts(2), down, across)
End Function

Private Function Refused(ByVal errorValue As String, ByVal reason As String, _
                         ByVal down As Long, ByVal across As Long) As Variant
    KeepReason errorValue, reason, down, across
    Refused = CVErr(ErrorNumber(errorValue))
End Function

Private Function ErrorNumber(ByVal errorValue As String) As Long
    Select Case errorValue
        Case "#NULL!": ErrorNumber = xlErrNull
        Case "#DIV/0!": ErrorNumber = xlErrDiv0
        Case "#REF!": ErrorNumber = xlErrRef
        Case "#NAME?": ErrorNumber = xlErrName
        Case "#NUM!": ErrorNumber = xlErrNum
        Case "#N/A": ErrorNumber = xlErrNA
        Case Else: ErrorNumber = xlErrValue
    End Select
End Function

Private Function Dimensions(ByVal found As Variant) As Long
    On Error GoTo OnlyOne
    Dimensions = 2 + 0 * UBound(found, 2)
    Exit Function
OnlyOne:
    Dimensions = 1
End Function
