"""Help that teaches: options in groups, and examples that the tests run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from introghost.spelling import suggestion


@dataclass(frozen=True)
class Example:
    """A command line of a verb.

    Attributes
    ----------
    purpose : str
        What it is for, in a few words.
    command : str
        As it is typed.
    """

    purpose: str
    command: str


class Verb(click.Command):
    """A command whose help has its options in groups, and examples at the end.

    Parameters
    ----------
    groups : mapping of str to sequence of str
        Names of parameters by the title of their group, in the order of the help; others stand under *Options*.
    examples : sequence of Example
    """

    def __init__(
        self,
        *args: object,
        groups: Mapping[str, Sequence[str]] | None = None,
        examples: Sequence[Example] = (),
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.groups, self.examples = dict(groups or {}), tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse words that no option takes before asking for options that are not there.

        Raises
        ------
        click.UsageError
        """
        _, words, _ = self.make_parser(ctx).parse_args(list(args))
        if words and not ctx.resilient_parsing:
            before = args[: args.index(words[0])]
            several = {name for one in self.params if one.multiple for name in one.opts}
            last = next((word for word in reversed(before) if word.startswith("-")), "")
            hint = f"give {last} again before each value" if last in several else "a value stands after its option"
            ctx.fail(f"unexpected {words[0]!r}; {hint}")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options by group, in the order in which the verb declares them."""
        title_of = {name: title for title, names in self.groups.items() for name in names}
        sections: dict[str, list[tuple[str, str]]] = {title: [] for title in (*self.groups, "Options")}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections[title_of.get(parameter.name or "", "Options")].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    margin = " " * formatter.current_indent
                    formatter.write(f"{margin}# {example.purpose}\n{margin}{example.command}\n")


class Verbs(click.Group):
    """A group that says which verb may have been meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is called.

        Raises
        ------
        click.UsageError
            There is none of that name.
        """
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            nested = [f"{name} {args[0]}" for name in self.list_commands(ctx) if self._has_verb(ctx, name, args[0])]
            if nested:
                ctx.fail(f"no verb {args[0]!r}; did you mean {' or '.join(map(repr, nested))}?")
            options = [name for one in self.get_params(ctx) for name in one.opts if name.startswith("--")]
            ctx.fail(f"no verb {args[0]!r}; {suggestion(args[0], [*self.list_commands(ctx), *options])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs, each with the first sentence of its help."""
        verbs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Verbs"):
            formatter.write_dl([(name, verb.get_short_help_str(90)) for name, verb in verbs if verb is not None])

    def _has_verb(self, ctx: click.Context, name: str, verb: str) -> bool:
        """Whether a command of this group is a group that has such a verb."""
        group = self.get_command(ctx, name)
        return isinstance(group, click.Group) and verb in group.list_commands(ctx)
