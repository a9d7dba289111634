"""The verb `cite`: what to cite."""

import click

from introghost.cli.help import Example, Verb


@click.command(
    "cite",
    cls=Verb,
    examples=[Example("entries for a BibTeX file", "introghost cite --bibtex > introghost.bib")],
)
@click.option("--bibtex", is_flag=True, help="Entries for a BibTeX file in place of lines.")
def command(bibtex: bool) -> None:
    """List what to cite: introghost, the software that it rests on and the methods that it uses."""
    from introghost.references import REFERENCES

    for reference in REFERENCES:
        click.echo(reference.bibtex if bibtex else f"{reference.text} ({reference.use})")
