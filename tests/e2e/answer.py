#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command on a terminal of its own and answers its question:

    answer.py QUESTION ANSWER MEANWHILE COMMAND...

When QUESTION stands on the screen it runs the shell command MEANWHILE ("" for none) and
types ANSWER, where \\n, \\x03 (Ctrl-C) and \\x04 (Ctrl-D) are what they are in Python.
Prints the screen; exits as the command did, with 128 + N after signal N."""
import os
import pty
import subprocess
import sys

question, answer, meanwhile, command = sys.argv[1].encode(), sys.argv[2], sys.argv[3], sys.argv[4:]
pid, terminal = pty.fork()
if not pid:
    os.execvp(command[0], command)
screen, asked = b"", False
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:  # the other end is closed
        got = b""
    if not got:
        break
    screen += got
    if not asked and question in screen:
        asked = True
        if meanwhile:
            subprocess.run(meanwhile, shell=True, executable="/bin/bash", check=True)
        os.write(terminal, answer.encode().decode("unicode_escape").encode())
sys.stdout.write(screen.decode(errors="replace").replace("\r", ""))
status = os.waitpid(pid, 0)[1]
if not asked:
    sys.exit("answer.py: it did not ask")
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
