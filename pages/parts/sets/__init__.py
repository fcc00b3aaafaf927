"""Parts of the page or pages named sets."""
