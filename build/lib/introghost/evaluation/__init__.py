"""What the networks are worth on genomes they have not seen."""
