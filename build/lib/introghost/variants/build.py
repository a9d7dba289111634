"""Which build of the human genome a file is in, from the lengths of its chromosomes."""

from collections.abc import Mapping

_CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X", "Y")

# Lengths in bp in the order of _CHROMOSOMES, as the assemblies' reports give them.
_LENGTHS = {
    "GRCh37": (
        249_250_621, 243_199_373, 198_022_430, 191_154_276, 180_915_260, 171_115_067, 159_138_663, 146_364_022,
        141_213_431, 135_534_747, 135_006_516, 133_851_895, 115_169_878, 107_349_540, 102_531_392, 90_354_753,
        81_195_210, 78_077_248, 59_128_983, 63_025_520, 48_129_895, 51_304_566, 155_270_560, 59_373_566,
    ),
    "GRCh38": (
        248_956_422, 242_193_529, 198_295_559, 190_214_555, 181_538_259, 170_805_979, 159_345_973, 145_138_636,
        138_394_717, 133_797_422, 135_086_622, 133_275_309, 114_364_328, 107_043_718, 101_991_189, 90_338_345,
        83_257_441, 80_373_285, 58_617_616, 64_444_167, 46_709_983, 50_818_468, 156_040_895, 57_227_415,
    ),
    "T2T-CHM13v2.0": (
        248_387_328, 242_696_752, 201_105_948, 193_574_945, 182_045_439, 172_126_628, 160_567_428, 146_259_331,
        150_617_247, 134_758_134, 135_127_769, 133_324_548, 113_566_686, 101_161_492, 99_753_195, 96_330_374,
        84_276_897, 80_542_538, 61_707_364, 66_210_255, 45_090_682, 51_324_926, 154_259_566, 62_460_029,
    ),
}  # fmt: skip
BUILDS = {name: dict(zip(_CHROMOSOMES, lengths, strict=True)) for name, lengths in _LENGTHS.items()}


def guess_build(contig_lengths: Mapping[str, int]) -> str | None:
    """Name of the build whose chromosomes have these lengths.

    Parameters
    ----------
    contig_lengths : mapping of str to int
        By contig, with or without ``chr``; contigs that are no human chromosome do not count.

    Returns
    -------
    str or None
        ``GRCh37``, ``GRCh38`` or ``T2T-CHM13v2.0`` if all chromosomes given have its lengths; None if there are none
        or no build has them all.
    """
    given = {name.removeprefix("chr"): length for name, length in contig_lengths.items()}
    given = {name: length for name, length in given.items() if name in _CHROMOSOMES}
    if not given:
        return None
    fitting = (build for build, lengths in BUILDS.items() if all(lengths[name] == given[name] for name in given))
    return next(fitting, None)
