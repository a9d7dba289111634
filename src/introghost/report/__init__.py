"""Self-contained pages: an answer and how far to trust it, several answers side by side, and what a model is worth."""
