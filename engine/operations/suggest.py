"""Rules for what nobody decided on: chosen by a template, tried on the source, written for a person."""

from collections.abc import Iterator
from dataclasses import replace

from ..discovery.classify import Classification
from ..discovery.wishes import Place, wishes
from ..masks.templates import template
from ..model.catalog import Catalog
from ..model.suggestion import Suggestion
from ..rules.checks.masks import ANY_KEY
from ..rules.masking import Masker
from ..services import Services
from .attempts import QUESTION_SECONDS, Attempts
from .choosing import Choosing
from .coverage import examine
from .foresight import read_facts
from .places import source_of
from .ruleset import engine_of, rules_if_any
from .wording import Wording

NO_KEY = "There is no key for masks yet: set keys.masking to a long random secret before these rules run."


async def suggest(services: Services, key: str, name: str) -> Suggestion:
    """Return rules for every column of a target that looks personal and that nobody decided on.

    Only looks. Each value was computed on rows of the source, and where a domain, a CHECK or an unusual index
    says more than types do, on all of them as far as time allowed.

    Raises:
        ArgumentInvalid: there is no such template.
        RuleSyntax, RuleRefused: the rules that the target has cannot be read.
        DatabaseUnreachable, DatabaseRefused: the source does not answer.
    """
    chosen = template(name)
    target = services.settings.target(key)
    examined = await examine(services, target, rules_if_any(services, target))
    found = wishes(examined.catalog, examined.covered, chosen.masks)
    given = services.settings.masking_key
    masker = Masker(examined.catalog, engine_of(target), given if given.reveal() else ANY_KEY)
    choosing = Choosing(examined, chosen, masker)
    choices = [choosing.choice(wish) for wish in found.wishes]
    text = Wording(chosen, examined, masker, choices)
    if choices:
        database = services.database(source_of(target))
        facts = await read_facts(database, target)
        choosing.refuse(choices, facts)
        domains = _domains(examined.catalog, examined.classification)
        limits = replace(target.limits, statement_timeout=QUESTION_SECONDS)
        attempts = Attempts(database, facts, masker, domains, limits)
        await attempts.settle(choices)
        while text.covered and choosing.refuse_by_checks(choices, "\n".join(text.updates())):
            await attempts.settle(choices)
    return text.suggestion(target, found, () if given.reveal() else (NO_KEY,))


def _domains(catalog: Catalog, classification: Classification) -> frozenset[Place]:
    """Return the columns whose types, or the types of whose parts, are domains."""
    types = classification.types

    def parts(type_: str) -> Iterator[str]:
        yield types.element(type_)
        yield from (part for _, part in types.fields(type_))

    return frozenset(
        (table.name, column.name)
        for table in catalog.tables
        for column in table.columns
        if column.made_of is not None or any(types.is_domain(part) for part in parts(column.type))
    )
