"""The errors that a user can cause, each with the exit code of its class."""


class IntroghostError(Exception):
    """Base of every error that is the user's to mend; printed as one line, never as a traceback."""

    exit_code = 1


class ConfigError(IntroghostError):
    """A configuration, scenario or option that is not valid."""

    exit_code = 2


class DataError(IntroghostError):
    """An input file that can't be read, or whose content can't be used."""

    exit_code = 3


class ModelError(IntroghostError):
    """A model bundle that is damaged or does not fit the data."""

    exit_code = 4


class OutputError(IntroghostError):
    """An output that can't be written."""

    exit_code = 5
