Option Explicit

' What the buttons of the tab S&OP do.

Private tabHandle As IRibbonUI

Public Sub SopLoaded(ribbon As IRibbonUI)
    Set tabHandle = ribbon
End Sub

' A button is alive where its command can work: the active workbook is an S&OP workbook.
Public Sub SopEnabled(control As IRibbonControl, ByRef returnedVal)
    returnedVal = IsPlan(ActiveWorkbook)
End Sub

' Look again which buttons are alive.
Public Sub RefreshRibbon()
    If Not tabHandle Is Nothing Then tabHandle.Invalidate
End Sub

' Every command. The tag of a button says: command|open or save|title|filter.
Public Sub SopRun(control As IRibbonControl)
    Dim parts() As String
    Dim path As String
    Dim made As Workbook
    parts = Split(control.Tag, "|")
    If UBound(parts) > 0 Then
        path = ChosenFile(parts(1), parts(2), parts(3))
        If path = "" Then Exit Sub
    End If
    ' xlwings hands over the active workbook: there must be one.
    If ActiveWorkbook Is Nothing Then Set made = Workbooks.Add
    RunCommand parts(0), path
    If Not made Is Nothing Then made.Close SaveChanges:=False
End Sub

Public Sub SopRestart(control As IRibbonControl)
    #If Mac Then
        MsgBox "On a Mac, Python is started anew for every button.", vbInformation, "S&OP"
    #Else
        On Error GoTo NotDone
        ForgetPython
        KillPy
        MsgBox "Python is stopped. The next formula or button starts it anew." & vbNewLine & _
               "To calculate all formulas again press Ctrl+Alt+F9.", vbInformation, "S&OP"
        Exit Sub
NotDone:
        MsgBox "Python could not be stopped: " & Err.Description & vbNewLine & "Run: sop-xl doctor", vbExclamation, "S&OP"
    #End If
End Sub

Public Sub SopRepairLinks(control As IRibbonControl)
    Dim links As Long
    Dim formulas As Long
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open the workbook first.", vbInformation, "S&OP"
        Exit Sub
    End If
    On Error GoTo NotDone
    links = RepairLinks(ActiveWorkbook)
    formulas = ReenterFormulas(ActiveWorkbook)
    MsgBox links & " link(s) now lead to this add-in; " & formulas & " formula(s) were entered again.", vbInformation, "S&OP"
    Exit Sub
NotDone:
    MsgBox "The links could not be repaired: " & Err.Description, vbExclamation, "S&OP"
End Sub

Public Sub SopAbout(control As IRibbonControl)
    MsgBox "S&OP add-in " & ADDIN_VERSION & vbNewLine & ThisWorkbook.FullName & vbNewLine & vbNewLine & _
           "Python: " & Interpreter() & vbNewLine & "xlwings " & XLWINGS_VERSION & vbNewLine & _
           "Settings: " & SettingsPath() & vbNewLine & vbNewLine & _
           "If something does not work, run: sop-xl doctor", vbInformation, "About S&OP"
End Sub

Public Function IsPlan(ByVal book As Workbook) As Boolean
    Dim layout As Object
    If book Is Nothing Then Exit Function
    On Error Resume Next
    Set layout = book.Names("Home_Layout")
    IsPlan = Not layout Is Nothing
End Function

' Python's answers are shown by Python; what arrives here is that it could not be reached.
Private Sub RunCommand(ByVal command As String, ByVal path As String)
    Dim before As Long
    before = Application.Calculation
    Application.StatusBar = "S&OP: starting Python " & ChrW$(8230)
    On Error GoTo NotDone
    #If Mac Then
        RunPython "import addin.ribbon_commands; addin.ribbon_commands.run('" & command & "', '" & Hexed(path) & "')"
    #Else
        ' Formulas wait: while a command runs, Python is busy with it.
        Application.Calculation = xlCalculationManual
        RunPython "import addin.ribbon_commands; addin.ribbon_commands.run('" & command & "', '" & Hexed(path) & "')"
        Application.Calculation = before
        Application.StatusBar = False
    #End If
    Exit Sub
NotDone:
    Application.Calculation = before
    Application.StatusBar = False
    MsgBox "Python could not be reached: " & Err.Description & vbNewLine & "Run: sop-xl doctor", vbCritical, "S&OP"
End Sub

Private Function ChosenFile(ByVal kind As String, ByVal caption As String, ByVal pattern As String) As String
    Dim chosen As Variant
    #If Mac Then
        If kind = "save" Then chosen = Application.GetSaveAsFilename() Else chosen = Application.GetOpenFilename()
    #Else
        If kind = "save" Then
            chosen = Application.GetSaveAsFilename(FileFilter:=pattern, Title:=caption)
        Else
            chosen = Application.GetOpenFilename(FileFilter:=pattern, Title:=caption)
        End If
    #End If
    If VarType(chosen) = vbString Then ChosenFile = chosen
End Function

' Four hexadecimal digits a character: a path passes through Python's and the shell's quoting unharmed.
Private Function Hexed(ByVal text As String) As String
    Dim i As Long
    For i = 1 To Len(text)
        Hexed = Hexed & Right$("000" & Hex$(AscW(Mid$(text, i, 1)) And &HFFFF&), 4)
    Next i
End Function

Private Function Interpreter() As String
    #If Mac Then
        Interpreter = GetConfig("INTERPRETER_MAC", "not set; run sop-xl addin install")
    #Else
        Interpreter = GetConfig("INTERPRETER_WIN", "not set; run sop-xl addin install")
    #End If
End Function
