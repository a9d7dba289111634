"""One self-contained page that says what was found and how far to trust it."""
