"""The rules of a target, parsed."""

from ..model.errors import RulesMissing
from ..model.rules import RuleSet
from ..model.target import Target
from ..services import Services


def rules_of(services: Services, target: Target) -> RuleSet:
    """Return the rules of the tier that counts, parsed, or raise what is wrong with them."""
    from ..rules.parse import parse
    from ..rules.tiers import choose
    from ..settings.templates import expand

    tier, text = choose(target.rules, services.settings.override_query)
    engine = target.source.engine if target.source else "postgres"
    allowed = target.rules is not None and target.rules.allow_unsafe
    return parse(expand(text, tier), tier, engine, allow_unsafe=allowed)


def rules_if_any(services: Services, target: Target) -> RuleSet | None:
    """Return the target's rules, None if there are none."""
    try:
        return rules_of(services, target)
    except RulesMissing:
        return None
