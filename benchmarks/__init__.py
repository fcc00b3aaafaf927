"""One command each; every one prints its figures and how they were taken."""
