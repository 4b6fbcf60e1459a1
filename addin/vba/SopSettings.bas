Option Explicit

' The settings of the add-in: one text file per user, lines of "KEY","VALUE".
' Only that file is read. A workbook, or a file beside it, must not say which program is started.

Public Function SettingsPath() As String
    #If Mac Then
        SettingsPath = Environ("HOME") & "/sop.conf"
    #Else
        SettingsPath = Environ("USERPROFILE") & "\.sop\sop.conf"
    #End If
End Function

' A setting; the module xlwings asks here. Its third argument, where to look, has no meaning any more.
Public Function GetConfig(ByVal configKey As String, Optional ByVal default As String = "", _
                          Optional ByVal source As String = "") As Variant
    Dim number As Integer
    Dim key As String
    Dim content As String
    GetConfig = default
    If Not FileExists(SettingsPath()) Then Exit Function
    number = FreeFile
    Open SettingsPath() For Input As #number
    Do While Not EOF(number)
        Input #number, key, content
        If StrComp(key, configKey, vbTextCompare) = 0 Then
            GetConfig = content
            Exit Do
        End If
    Loop
    Close #number
End Function
