"""What went wrong and what to do: verdicts, exit codes, stop reasons, known log lines. Pure."""
