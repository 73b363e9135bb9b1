"""`python -m snapharbor` is the `snapharbor` command."""

from snapharbor.cli.main import main

if __name__ == "__main__":
    main()
