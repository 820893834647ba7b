"""The embedded AWS of the `local` stack and everything that sets it up; nothing else of the project imports it."""
