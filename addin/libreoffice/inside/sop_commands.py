"""The S&OP menu: each entry runs a command of the project on the workbook in front.

The command runs in the project's own Python and asks for the workbook's cells through its standard streams; this side
answers (`sop_documents`). Runs inside LibreOffice: standard library and UNO only, and no newer than Python 3.8.
"""

from __future__ import annotations

import json
from pathlib import Path

import sop_documents
import sop_project
import uno
import unohelper
from com.sun.star.awt.MessageBoxType import ERRORBOX, INFOBOX
from com.sun.star.lang import XServiceInfo
from com.sun.star.task import XJobExecutor

IMPLEMENTATION = "org.sopxl.calc.Command"
CATALOGUE = json.loads((Path(sop_project.__file__).parent / "catalogue.json").read_text(encoding="utf-8"))
QUESTIONS = {entry["name"]: entry["asks"] for entry in CATALOGUE["commands"]}
PICKERS = {"open": 0, "save": 10}  # com.sun.star.ui.dialogs.TemplateDescription


class Desk(sop_documents.Documents):
    """The workbooks, and the user before them."""

    hidden = False

    def __init__(self, context, frame):
        super().__init__(context)
        self._frame = frame
        self._indicator = None

    def status(self, text):
        """Say in the status bar what is being done; nothing ends it."""
        if not text:
            if self._indicator:
                self._indicator.end()
            self._indicator = None
        elif self._indicator is None:
            self._indicator = self._frame.createStatusIndicator()
            self._indicator.start(text, 100)
        else:
            self._indicator.setText(text)

    def tell(self, text, mode):
        """Show a message. Without a screen LibreOffice closes it at once."""
        window = self._frame.ContainerWindow
        kind = ERRORBOX if mode == "critical" else INFOBOX
        window.Toolkit.createMessageBox(window, kind, 1, "S&OP", text).execute()

    def choose(self, question):
        """The file that the user chooses; empty when none."""
        picker = self._context.ServiceManager.createInstanceWithArgumentsAndContext(
            "com.sun.star.ui.dialogs.FilePicker", (PICKERS[question["kind"]],), self._context
        )
        picker.Title = question["title"]
        picker.appendFilter(question["what"], "*." + question["ending"])
        if not picker.execute():
            return ""
        return uno.fileUrlToSystemPath(picker.SelectedFiles[0])


class Command(unohelper.Base, XJobExecutor, XServiceInfo):
    """Runs one command."""

    def __init__(self, context, *arguments):
        self._context = context

    def trigger(self, name):
        """Called by the menu with the name of a command."""
        desktop = self._context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", self._context
        )
        frame, model = desktop.getCurrentFrame(), desktop.getCurrentComponent()
        if frame is None or model is None:
            return
        desk = Desk(self._context, frame)
        path = ""
        if QUESTIONS[name]:
            path = desk.choose(QUESTIONS[name])
            if not path:
                return
        try:
            self._run(desk, name, str(desk.know(model)), path)
        except Exception as fault:
            desk.tell("%s could not be run: %s" % (name, fault), "critical")
        finally:
            desk.status("")

    @staticmethod
    def _run(desk, name, document, path):
        process = sop_project.start("-m", "addin.libreoffice.run_command", name, document, path)
        try:
            sop_documents.serve(desk, process.stdout, process.stdin)
            if process.wait():
                raise RuntimeError("the project's Python ended with code %d" % process.returncode)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def getImplementationName(self):
        return IMPLEMENTATION

    def supportsService(self, name):
        return name == IMPLEMENTATION

    def getSupportedServiceNames(self):
        return (IMPLEMENTATION,)


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Command, IMPLEMENTATION, (IMPLEMENTATION,))
