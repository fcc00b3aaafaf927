"""Parts of the page or pages named neurons."""
