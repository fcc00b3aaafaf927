"""Run the child process that reads pickled weights: python -m core.pickled_weights."""

from core.pickled_weights.child import main

if __name__ == "__main__":
    main()
