"""Rules that would certainly fail, or miss their aim, do not run."""

from ..database.base import Database
from ..model.rules import RuleSet
from ..model.target import Target
from .coverage import refuse


async def refuse_blocked(target: Target, rules: RuleSet, database: Database) -> None:
    """Judge rules by the structure of the database that they are about to meet.

    Raises:
        RulesBlocked: there are errors that the configuration does not accept; the details name all.
    """
    from ..rules.analyse import analyse_all
    from ..rules.checks import check_all
    from ..rules.checks.context import Context
    from ..rules.resolve import resolve

    catalog = await database.inspect()
    analyses = analyse_all(rules, target.source.engine if target.source else "postgres")
    findings = check_all(Context(tuple(resolve(one, catalog) for one in analyses), catalog))
    accepted = {one.fingerprint for one in target.rules.accept} if target.rules else set[str]()
    refuse([one for one in findings if one.severity == "error" and one.fingerprint not in accepted])
