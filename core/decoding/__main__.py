"""Run a decoder's child process: python -m core.decoding."""

from core.decoding.child import main

if __name__ == "__main__":
    main()
