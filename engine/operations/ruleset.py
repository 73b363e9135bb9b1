"""The rules of a target, parsed."""

from typing import TYPE_CHECKING

from ..model.catalog import Catalog
from ..model.errors import RulesMissing
from ..model.rules import RuleSet, Tier
from ..model.target import Target
from ..model.url import Engine
from ..services import Services

if TYPE_CHECKING:
    from ..rules.masking import Masker


def rules_of(services: Services, target: Target) -> RuleSet:
    """Return the rules of the tier that counts, parsed, or raise what is wrong with them."""
    tier, text, masks = _written(services, target)
    from ..rules.parse import parse  # takes long to come, and is no use without rules
    from ..settings.templates import expand

    allowed = target.rules is not None and target.rules.allow_unsafe
    return parse(_joined(expand(text, tier), masks), tier, engine_of(target), allow_unsafe=allowed)


def rules_text(services: Services, target: Target) -> tuple[Tier, str]:
    """Return where a target's SQL comes from, and the SQL as it is written, templates and all."""
    tier, text, masks = _written(services, target)
    return tier, _joined(text, masks)


def _written(services: Services, target: Target) -> tuple[Tier, str, str]:
    """Return the tier that counts, its SQL, and the SQL of the target's masks.

    Raises:
        RulesMissing: there is neither.
    """
    from ..rules.tiers import choose

    masks = ""
    if target.rules and target.rules.mask:
        from ..rules.masking import mask_rules

        masks = mask_rules(target.rules.mask, engine_of(target))
    try:
        tier, text = choose(target.rules, services.settings.override_query)
    except RulesMissing:
        if not masks:
            raise
        return "sanitize.mask", "", masks
    return tier, text, masks


def _joined(text: str, masks: str) -> str:
    return f"{text}\n;\n{masks}" if text and masks else text or masks


def masker_of(services: Services, target: Target, catalog: Catalog) -> "Masker":
    """Return what puts the SQL of masks in the place of their names."""
    from ..rules.masking import Masker

    return Masker(catalog, engine_of(target), services.settings.masking_key)


def engine_of(target: Target) -> Engine:
    """Return whose SQL a target's rules are."""
    return target.source.engine if target.source else "postgres"


def rules_if_any(services: Services, target: Target) -> RuleSet | None:
    """Return the target's rules, None if there are none."""
    try:
        return rules_of(services, target)
    except RulesMissing:
        return None
