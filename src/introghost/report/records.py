"""What the report reads out of the JSON files beside the tables, as typed values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from introghost import provenance
from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.inference.decisions import Decision

CHOICE = "model_choice.json"
DESCRIPTION = "model.json"
_STATISTICS = "statistics "  # begins the roles of files of statistics among the inputs of `train`
_MODEL = "model"  # role of the model among the inputs of `apply`
_DATA_OPTIONS = ("outgroup", "target", "region", "ancestral")


@dataclass(frozen=True)
class JsonSection:
    """One object of a JSON file, whose values are looked up by key and kind.

    A key that is absent, or whose value is null, gives None or nothing; a value of another kind is an error that names
    the file and the key.

    Attributes
    ----------
    path : Path
    values : mapping of str to object
    place : str
        Keys above this object, for messages.
    """

    path: Path
    values: Mapping[str, object]
    place: str = ""

    @classmethod
    def read(cls, path: Path) -> "JsonSection":
        """The object that a file holds.

        Raises
        ------
        DataError
            If the file is not there, or is not a JSON object.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{path}: no such file") from None
        except ValueError as error:
            raise DataError(f"{path}: not JSON ({error})") from None
        if not isinstance(values, dict):
            raise DataError(f"{path}: expected a JSON object")
        return cls(path, values)

    def text(self, key: str) -> str | None:
        """A text; None where the key is absent.

        Raises
        ------
        DataError
            It is not text.
        """
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self._unlike(key, "a text")

    def number(self, key: str) -> float | None:
        """A number, and ``true`` is none; None where the key is absent.

        Raises
        ------
        DataError
            It is not a number.
        """
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise self._unlike(key, "a number")

    def flag(self, key: str) -> bool | None:
        """``true`` or ``false``; None where the key is absent.

        Raises
        ------
        DataError
            It is neither.
        """
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self._unlike(key, "true or false")

    def section(self, key: str) -> "JsonSection":
        """An object; an empty one where the key is absent.

        Raises
        ------
        DataError
            It is not an object.
        """
        value = self.values.get(key)
        if value is None or isinstance(value, dict):
            return JsonSection(self.path, value or {}, f"{self.place}{key}.")
        raise self._unlike(key, "an object")

    def sections(self, key: str) -> list["JsonSection"]:
        """A list of objects; an empty one where the key is absent.

        Raises
        ------
        DataError
            It is not a list of objects.
        """
        members = self._members(key)
        if not all(isinstance(member, dict) for member in members):
            raise self._unlike(key, "a list of objects")
        return [
            JsonSection(self.path, member, f"{self.place}{key}[{index}].")
            for index, member in enumerate(members)
            if isinstance(member, dict)
        ]

    def texts(self, key: str) -> list[str]:
        """A list of texts; an empty one where the key is absent.

        Raises
        ------
        DataError
            It is not a list of texts.
        """
        members = self._members(key)
        if not all(isinstance(member, str) for member in members):
            raise self._unlike(key, "a list of texts")
        return [str(member) for member in members]

    def _members(self, key: str) -> list[object]:
        value = self.values.get(key)
        if value is None or isinstance(value, list):
            return value or []
        raise self._unlike(key, "a list")

    def _unlike(self, key: str, expected: str) -> DataError:
        value = json.dumps(self.values[key])
        return DataError(f"{self.path}: {self.place}{key} is {value[:60]}, expected {expected}")


@dataclass(frozen=True)
class ScenarioProbability:
    """Posterior probability of one scenario.

    Attributes
    ----------
    name : str
    probability : float
    ghost_of_target : bool or None
        Whether a ghost gave to its target; None where the file does not say.
    """

    name: str
    probability: float
    ghost_of_target: bool | None


@dataclass(frozen=True)
class Choice:
    """What ``model_choice.json`` says.

    Attributes
    ----------
    decision : Decision or None
        None if the model does not choose between scenarios.
    p_ghost : float or None
        Posterior probability that a ghost gave to the target; None where it is withheld.
    scenarios : tuple of ScenarioProbability
        By name; none where they are withheld.
    notes : dict of str to str or float
        The single values beside them, by key.
    prior_ghost : float or None
        Prior probability of all scenarios in which a ghost gave to the target; None where the file does not say.
    """

    decision: Decision | None
    p_ghost: float | None
    scenarios: tuple[ScenarioProbability, ...]
    notes: dict[str, str | float]
    prior_ghost: float | None

    @classmethod
    def read(cls, calls: Path) -> "Choice":
        """The choice in a folder of calls; an empty one if the model made none.

        Raises
        ------
        DataError
            If the file is not of this form.
        """
        path = calls / CHOICE
        content = JsonSection.read(path) if path.is_file() else JsonSection(path, {})
        probabilities, ghosts = content.section("probabilities"), content.section("ghost_of_target")
        scenarios = [
            ScenarioProbability(name, probability, ghosts.flag(name))
            for name in sorted(probabilities.values)
            if (probability := probabilities.number(name)) is not None
        ]
        notes = {
            name: value
            for name, value in sorted(content.values.items())
            if name not in ("decision", "p_ghost") and isinstance(value, str | int | float)
        }
        prior = content.section("prior")
        of_ghosts = [prior.number(name) for name in sorted(prior.values) if ghosts.flag(name)]
        prior_ghost = sum(value for value in of_ghosts if value is not None) if of_ghosts else None
        return cls(_decision(content), content.number("p_ghost"), tuple(scenarios), notes, prior_ghost)


def _decision(content: JsonSection) -> Decision | None:
    text = content.text("decision")
    if text is not None and text not in list(Decision):
        raise DataError(f"{content.path}: decision is {text!r}, expected one of {', '.join(Decision)}")
    return None if text is None else Decision(text)


@dataclass(frozen=True)
class CalledData:
    """What a model was asked about.

    Attributes
    ----------
    digests : dict of str to str or None
        SHA-256 of each input but the model, by role; None where it is not recorded.
    options : dict of str to str or None
        outgroup, target, region and ancestral, as they were given.
    vcf_names : tuple of str
        Names of the VCF files.
    """

    digests: dict[str, str | None]
    options: dict[str, str | None]
    vcf_names: tuple[str, ...] = ()

    @classmethod
    def read(cls, record: JsonSection) -> "CalledData":
        """The data of a record of calls.

        Raises
        ------
        DataError
            If it is not of this form.
        """
        inputs, options = record.section("inputs"), record.section("options")
        return cls(
            {role: inputs.section(role).text("sha256") for role in sorted(inputs.values) if role != _MODEL},
            {name: options.text(name) for name in _DATA_OPTIONS},
            tuple(name for role in _vcf_roles(inputs) if (name := inputs.section(role).text("name"))),
        )

    def differences(self, other: "CalledData") -> list[str]:
        """Roles of inputs and names of options in which two differ; what is not recorded differs from everything."""
        roles = sorted(self.digests.keys() | other.digests.keys() | {"populations"})
        inputs = [
            role for role in roles if (digest := self.digests.get(role)) is None or digest != other.digests.get(role)
        ]
        return inputs + [name for name in _DATA_OPTIONS if self.options[name] != other.options[name]]


@dataclass(frozen=True)
class CallsRecord:
    """What the provenance of calls says.

    Attributes
    ----------
    findings : tuple of Finding
        What speaks against believing the answer, in the order in which `apply` told it.
    threshold : float or None
        Posterior from which a bin is called.
    false_discovery_rate : float or None
        That the threshold stands for, if it was chosen by one.
    model_name : str
        Of the folder of the model that made the calls; empty if it is not known.
    model_sha256 : str or None
        Its digest.
    data : CalledData
    outgroup_diploids : int or None
        Individuals of the outgroup; None where the file does not say.
    """

    findings: tuple[Finding, ...]
    threshold: float | None
    false_discovery_rate: float | None
    model_name: str
    model_sha256: str | None
    data: CalledData
    outgroup_diploids: int | None = None

    @classmethod
    def read(cls, calls: Path) -> "CallsRecord":
        """The record of a folder of calls.

        Raises
        ------
        DataError
            If it is not of this form.
        """
        content = JsonSection.read(calls / provenance.COMPLETE)
        options, model = content.section("options"), content.section("inputs").section(_MODEL)
        return cls(
            tuple(_finding(each) for each in content.sections("findings")),
            options.number("threshold"),
            options.number("false_discovery_rate"),
            model.text("name") or "",
            model.text("sha256"),
            CalledData.read(content),
            None if (number := content.section("individuals").number("outgroup")) is None else int(number),
        )


def _vcf_roles(inputs: JsonSection) -> list[str]:
    """Roles of the VCF files in the order in which they were given: one is ``vcf``, several ``vcf 0``, ``vcf 1``, …."""
    roles = [role for role in inputs.values if role == "vcf" or role.removeprefix("vcf ").isdecimal()]
    return sorted(roles, key=lambda role: int(role.removeprefix("vcf") or 0))


def _finding(content: JsonSection) -> Finding:
    code, severity, text = (content.text(key) or "" for key in ("code", "severity", "text"))
    try:
        return Finding(Code(code), Severity(severity), text)
    except ValueError as error:
        raise DataError(f"{content.path}: {content.place.rstrip('.')}: {error}; run `introghost apply` again") from None


@dataclass(frozen=True)
class PredictiveRecord:
    """What stands beside the table of ``introghost predictive``.

    Attributes
    ----------
    num_genomes : int or None
        Simulated genomes that the data were compared with; None where it is not said.
    caveats : tuple of str
        What to bear in mind.
    """

    num_genomes: int | None
    caveats: tuple[str, ...]

    @classmethod
    def read(cls, table: Path) -> "PredictiveRecord":
        """The record of a table; an empty one if there is none.

        Raises
        ------
        DataError
            If it is not of this form.
        """
        path = table.with_suffix(".provenance.json")
        content = JsonSection.read(path) if path.is_file() else JsonSection(path, {})
        number = content.number("simulated_genomes")
        return cls(None if number is None else int(number), tuple(content.texts("caveats")))


def training_digests(record: JsonSection) -> set[str]:
    """Digests of the files of statistics that a network was trained on; none if its provenance does not say.

    Parameters
    ----------
    record : JsonSection
        Provenance of its bundle.

    Raises
    ------
    DataError
        It is not of the form in which `train` writes it.
    """
    inputs = record.section("inputs")
    digests = (inputs.section(role).text("sha256") for role in inputs.values if role.startswith(_STATISTICS))
    return {digest for digest in digests if digest is not None}


def bundle_records(model: Path) -> Iterator[tuple[str, JsonSection]]:
    """Title and provenance of each bundle of a model.

    Parameters
    ----------
    model : Path
        Folder of bundles.

    Raises
    ------
    DataError
        A description is not a JSON object, or its provenance is none.
    """
    for path in sorted(model.glob(f"*/{DESCRIPTION}")):
        yield f"model {path.parent.name}", JsonSection.read(path).section("provenance")


def input_digest(folder: Path, role: str) -> str | None:
    """Digest of an input of the verb that wrote a folder; None if its provenance does not say.

    Parameters
    ----------
    folder : Path
        With a ``provenance.json``.
    role : str
        Name of the input, such as ``calls``.

    Raises
    ------
    DataError
        If the provenance is not there, or is not a JSON object of objects.
    """
    return JsonSection.read(folder / provenance.COMPLETE).section("inputs").section(role).text("sha256")
