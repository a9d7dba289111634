"""Scenarios, their draws, simulated genomes and the truth about them."""
