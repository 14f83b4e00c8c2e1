"""`python -m trivium` is the same as `trivium`."""

from trivium.cli import main

if __name__ == "__main__":
    main()
