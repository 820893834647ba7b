"""Causes and fixes of a failure: verdicts, exit codes, stop reasons, known log lines. Pure."""
