"""One file per page: thin views on core. No tensor is touched here."""
