"""What to cite: introghost, the software that it rests on and the methods that it uses."""

from dataclasses import dataclass

from introghost import __version__


@dataclass(frozen=True)
class Reference:
    """A publication.

    Attributes
    ----------
    key : str
        For BibTeX.
    kind : str
        Of BibTeX: article, inproceedings or misc.
    authors : tuple of str
        ``Family, Given``; the last may be ``others``.
    year : int or None
    title : str
    place : str
        Journal, proceedings or archive.
    volume, pages, doi : str
        Empty where there is none.
    use : str
        What introghost uses it for.
    """

    key: str
    kind: str
    authors: tuple[str, ...]
    year: int | None
    title: str
    place: str
    volume: str = ""
    pages: str = ""
    doi: str = ""
    use: str = ""

    @property
    def text(self) -> str:
        """One line for a list of references."""
        families = [name.partition(",")[0].strip("{}") for name in self.authors]
        is_long = "others" in families or len(families) > 2
        authors = f"{families[0]} et al." if is_long else " and ".join(families)
        numbers = ", ".join(each for each in (self.volume, self.pages) if each)
        place = f" {self.place}" + (f" {numbers}" if numbers else "")
        doi = f". doi:{self.doi}" if self.doi else ""
        who = f"{authors.rstrip('.')}." if self.year is None else f"{authors} ({self.year})"
        return f"{who} {self.title}.{place if self.place else ''}{doi}."

    @property
    def bibtex(self) -> str:
        """An entry for a BibTeX file."""
        field = {"article": "journal", "inproceedings": "booktitle"}.get(self.kind, "howpublished")
        values = {
            "author": " and ".join(self.authors),
            "title": f"{{{self.title}}}",
            field: self.place,
            "volume": self.volume,
            "pages": self.pages.replace("–", "--"),
            "year": "" if self.year is None else str(self.year),
            "doi": self.doi,
        }
        lines = "".join(f",\n  {name} = {{{value}}}" for name, value in values.items() if value)
        return f"@{self.kind}{{{self.key}{lines}\n}}\n"


REFERENCES = (
    Reference("introghost", "misc", ("{The introghost developers}",), None,
              "introghost: simulation-based inference of ghost introgression", f"Version {__version__}",
              use="the answer"),
    Reference("msprime", "article", ("Baumdicker, Franz", "Bisschop, Gertjan", "others"), 2022,
              "Efficient ancestry and mutation simulation with msprime 1.0", "Genetics", "220", "iyab229",
              "10.1093/genetics/iyab229", "simulation"),
    Reference("tskit", "article", ("Kelleher, Jerome", "Etheridge, Alison M.", "McVean, Gilean"), 2016,
              "Efficient coalescent simulation and genealogical analysis for large sample sizes",
              "PLoS Computational Biology", "12", "e1004842", "10.1371/journal.pcbi.1004842", "tree sequences"),
    Reference("demes", "article", ("Gower, Graham", "Ragsdale, Aaron P.", "others"), 2022,
              "Demes: a standard format for demographic models", "Genetics", "222", "iyac131",
              "10.1093/genetics/iyac131", "scenarios"),
    Reference("scikitallel", "misc", ("Miles, Alistair", "others"), None,
              "scikit-allel: a Python package for exploring and analysing genetic variation data", "Zenodo",
              doi="10.5281/zenodo.822784", use="population statistics"),
    Reference("pytorch", "inproceedings", ("Paszke, Adam", "Gross, Sam", "others"), 2019,
              "PyTorch: an imperative style, high-performance deep learning library",
              "Advances in Neural Information Processing Systems", "32", use="networks"),
    Reference("cyvcf2", "article", ("Pedersen, Brent S.", "Quinlan, Aaron R."), 2017,
              "cyvcf2: fast, flexible variant analysis with Python", "Bioinformatics", "33", "1867–1869",
              "10.1093/bioinformatics/btx057", "reading of VCF"),
    Reference("sbi", "article", ("Cranmer, Kyle", "Brehmer, Johann", "Louppe, Gilles"), 2020,
              "The frontier of simulation-based inference", "Proceedings of the National Academy of Sciences", "117",
              "30055–30062", "10.1073/pnas.1912789117", "the approach"),
    Reference("ensembles", "inproceedings", ("Lakshminarayanan, Balaji", "Pritzel, Alexander", "Blundell, Charles"),
              2017, "Simple and scalable predictive uncertainty estimation using deep ensembles",
              "Advances in Neural Information Processing Systems", "30", use="ensembles"),
    Reference("splineflows", "inproceedings",
              ("Durkan, Conor", "Bekasov, Artur", "Murray, Iain", "Papamakarios, George"), 2019,
              "Neural spline flows", "Advances in Neural Information Processing Systems", "32",
              use="the parameter posterior"),
    Reference("sbc", "misc", ("Talts, Sean", "Betancourt, Michael", "others"), 2018,
              "Validating Bayesian inference algorithms with simulation-based calibration", "arXiv:1804.06788",
              use="checks of the parameter posterior"),
    Reference("tarp", "inproceedings",
              ("Lemos, Pablo", "Coogan, Adam", "Hezaveh, Yashar", "Perreault-Levasseur, Laurence"), 2023,
              "Sampling-based accuracy testing of posterior estimators for general inference",
              "Proceedings of the 40th International Conference on Machine Learning", "202", "19256–19273",
              use="checks of the parameter posterior"),
    Reference("snakemake", "article", ("Mölder, Felix", "Jablonski, Kim Philipp", "others"), 2021,
              "Sustainable data analysis with Snakemake", "F1000Research", "10", "33",
              "10.12688/f1000research.29032.2", "the workflow"),
)  # fmt: skip
"""The software itself first."""
