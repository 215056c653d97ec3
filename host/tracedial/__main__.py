"""`python -m tracedial`, and the `tracedial` command."""


def main() -> None:
    """Run the command line."""
    from tracedial.cli import run

    run()


if __name__ == "__main__":
    main()
