"""Files that should be text and are not."""

import bz2
import gzip

import pytest

from introghost.errors import DataError
from introghost.variants.ancestral_fasta import AncestralFasta
from introghost.variants.populations import read_populations


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_population_table_in_another_encoding_is_refused(tmp_path, encoding):
    path = tmp_path / "populations.tsv"
    path.write_bytes("sample\tpopulation\na\tNaïve\n".encode(encoding))
    with pytest.raises(DataError, match="UTF-8"):
        read_populations(path)


@pytest.mark.parametrize("content", [bz2.compress(b">1\nACGT\n"), gzip.compress(bytes(range(256)))])
def test_a_fasta_that_is_not_text_is_refused(tmp_path, content):
    path = tmp_path / ("a.fa.gz" if content[:2] == b"\x1f\x8b" else "a.fa.bz2")
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.fa\.(gz|bz2): (damaged or not text|not FASTA)"):
        AncestralFasta(path)
