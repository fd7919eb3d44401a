"""Runs AWS CLI commands, one JSON list of arguments a line, and answers each with a line of JSON.

The AWS CLI takes a second to start and a fleet takes many commands. Version 1 is a Python package, so that its commands can
be run in one process; where it cannot be imported (version 2 brings a Python of its own), each command is a process.
"""

import contextlib
import io
import json
import subprocess
import sys

try:
    from awscli.clidriver import create_clidriver
except ImportError:
    create_clidriver = None


def run_here(arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = driver.main(arguments)
        except SystemExit as stop:
            status = stop.code
    return {"status": status, "stdout": out.getvalue(), "stderr": err.getvalue()}


def run_aws(arguments):
    ended = subprocess.run(["aws", *arguments], capture_output=True, text=True, check=False)
    return {"status": ended.returncode, "stdout": ended.stdout, "stderr": ended.stderr}


driver = create_clidriver() if create_clidriver else None
for line in sys.stdin:
    print(json.dumps((run_here if driver else run_aws)(json.loads(line))), flush=True)
