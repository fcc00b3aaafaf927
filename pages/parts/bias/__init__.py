"""Parts of the page Bias."""
