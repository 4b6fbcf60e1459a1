"""The way from LibreOffice's Python to the project's environment.

Runs inside LibreOffice: standard library only, and no newer than Python 3.8.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

ANSWER_SECONDS = 120


def facts():
    """What the installation noted about the project: its Python, version and folders."""
    return json.loads((Path(__file__).parent / "environment.json").read_text(encoding="utf-8"))


def start(*arguments):
    """Start the project's Python with pipes; its environment has nothing of LibreOffice's own Python."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "LD_"))}
    found = facts()
    environment["PYTHONPATH"] = os.pathsep.join(found["paths"])
    return subprocess.Popen(
        [found["python"], *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def calculator():
    """Calculates functions in this process where the Python versions agree, else in one of its own."""
    wanted = os.environ.get("SOP_CALC_PROCESS", "")
    if wanted != "helper" and facts()["version"] == list(sys.version_info[:2]):
        try:
            return InProcess()
        except Exception:  # whatever the environment lacks here, a process of its own may have
            if wanted == "inside":
                raise
    return Helper()


class InProcess:
    """The project's functions imported here."""

    def __init__(self):
        added = [path for path in facts()["paths"] if path not in sys.path]
        sys.path[:0] = added
        try:
            from addin.libreoffice.values import evaluate
        except BaseException:
            sys.path[:] = [path for path in sys.path if path not in added]
            raise
        self.call = evaluate


class Helper:
    """The project's functions in a process of their own: started once, and again when it has died."""

    def __init__(self):
        self._process = None
        self._answers = None

    def call(self, name, arguments):
        """Run one function; a process that died is replaced once."""
        for _ in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                self._process.stdin.write(json.dumps({"call": name, "arguments": arguments}) + "\n")
                self._process.stdin.flush()
                line = self._answers.get(timeout=ANSWER_SECONDS)
            except queue.Empty:
                self.stop()
                return {"error": "#VALUE!", "reason": "No answer within %g s." % ANSWER_SECONDS}
            except (OSError, ValueError):
                line = ""
            if line:
                return json.loads(line)["result"]
            self.stop()
        return {"error": "#VALUE!", "reason": "The calculating process ended."}

    def stop(self):
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            with contextlib.suppress(OSError):  # what was not sent any more
                process.stdin.close()

    def _start(self):
        self.stop()
        process = self._process = start("-m", "addin.libreoffice.helper")
        answers = self._answers = queue.Queue()

        def read():
            with process.stdout:
                for line in process.stdout:
                    answers.put(line)
            answers.put("")

        threading.Thread(target=read, daemon=True).start()
