"""Parts of the page Neurons, compared."""
