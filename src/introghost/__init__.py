"""Simulation-based inference of ghost introgression."""

__version__ = "0.1.0"
