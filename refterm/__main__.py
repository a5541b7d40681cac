"""`python -m refterm` and the `refterm` command."""

from refterm.cli.main import main

if __name__ == "__main__":
    main()
