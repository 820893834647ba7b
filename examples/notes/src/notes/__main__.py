"""`python -m notes` serves: settings, then the database, then requests. What is wrong ends it before it listens."""

from notes import termination

termination.install()


def main() -> None:
    """Never returns. Exit codes: 0 after SIGTERM or Ctrl-C while serving, 1 cannot start, 143 SIGTERM before that."""
    import sys

    from notes import serve, settings
    from notes.connection import Unavailable
    from notes.schema import Unreadable

    try:
        serve.serve()
    except (settings.Invalid, Unavailable, Unreadable) as error:
        print(f"notes cannot start: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    except termination.Terminated:
        sys.exit(termination.EXIT_CODE)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


if __name__ == "__main__":
    main()
