"""Values as written become values as meant: templates, `secret:` references, `enc:` values."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from ..keypair import identities_in
from ..model.errors import ConfigInvalid, EngineError, KeyMissing, SecretUnset
from ..model.secret import Secret
from .document import Block, Items, KeyPath, Node, Scalar, children, invalid
from .references import PREFIX as REFERENCE
from .references import fetch
from .schema import Root
from .sealed import PREFIX as SEALED
from .sealed import unseal
from .shape import Kind, Leaf, below
from .templates import expand, has_dollars, without_templates

IDENTITY = ("keys", "identity")
PREVIOUS = ("keys", "previous")
REFUSALS = (ConfigInvalid, SecretUnset, KeyMissing)


@dataclass(slots=True)
class Resolver:
    """Resolves a whole tree; the identities come first, because they open the rest.

    What cannot be resolved is among the `problems`, and is then not set.
    """

    base: Path
    warnings: list[str] = field(default_factory=list[str])
    problems: list[EngineError] = field(default_factory=list[EngineError])
    identities: tuple[Secret, ...] = ()

    def resolve(self, root: Block) -> Block:
        """Return the tree with every value as it is meant; SQL stays as written until it runs."""
        try:
            self.read_identities(root)
        except REFUSALS as error:
            self.problems.append(error)
        resolved = self._node(root, Root, ())
        assert isinstance(resolved, Block)
        return resolved

    def read_identities(self, root: Block) -> None:
        """Find the identities of `keys.identity` and `keys.previous`, in this order."""
        for path in (IDENTITY, PREVIOUS):
            if node := children(root.members.get(path[0])).get(path[1]):
                self._identities(node, path)

    def _identities(self, node: Node, path: KeyPath) -> None:
        written = node.members if isinstance(node, Items) else (node,)
        for member in (member for member in written if isinstance(member, Scalar)):
            for text in (member.text or "").split(","):
                found = identities_in(self._scalar(replace(member, text=text.strip()), path).text or "")
                if text and not found:
                    hint = "It looks like AGE-SECRET-KEY-1…."
                    raise invalid(path, member.origin, "is not an age identity", hint)
                self.identities += found

    def _node(self, node: Node, kind: Kind, path: KeyPath) -> Node:
        if isinstance(node, Scalar):
            is_sql = isinstance(kind, Leaf) and kind.mark is not None and kind.mark.kind == "sql"
            if path[:2] in (IDENTITY, PREVIOUS):
                return replace(node, note=_note(node.text or ""))
            return node if is_sql or node.text is None else self._attempted(node, path)
        if isinstance(node, Items):
            children = [self._node(child, kind, (*path, str(at))) for at, child in enumerate(node.members)]
            return replace(node, members=tuple(children))
        return replace(
            node,
            members={
                key: self._node(child, below(kind, key) or Leaf(), (*path, key))
                for key, child in node.members.items()
            },
        )

    def _attempted(self, scalar: Scalar, path: KeyPath) -> Scalar:
        try:
            return self._scalar(scalar, path)
        except REFUSALS as error:
            self.problems.append(error)
            return replace(scalar, text=None)

    def _scalar(self, scalar: Scalar, path: KeyPath) -> Scalar:
        where = f"`{'.'.join(path)}` ({scalar.origin})"
        try:
            return self._resolved(scalar, path, where)
        except REFUSALS as error:
            message = error.message if error.message.startswith(where) else f"{where} {error.message}"
            details = {**scalar.origin.details(path), **error.details}
            raise type(error)(message, error.hint, **details) from None

    def _resolved(self, scalar: Scalar, path: KeyPath, where: str) -> Scalar:
        text, note = scalar.text or "", ""
        if text.startswith(SEALED):
            if path in (IDENTITY, PREVIOUS):
                raise ConfigInvalid("cannot be encrypted to itself", "Use secret:file: or secret:keyring:.")
            text, note = unseal(text, path, self.identities), "encrypted"
        if text.startswith(REFERENCE):
            fetched = fetch(text, self.base)
            if fetched.warning:
                self.warnings.append(f"{where}: {fetched.warning}")
            return replace(scalar, text=fetched.text, note=_note(text))
        if "{{" in without_templates(text):
            raise ConfigInvalid("has a template that is not understood", "Write it as {{`NAME` | env}}.")
        if has_dollars(text):
            self.warnings.append(f"{where} uses ${{NAME}}, which is deprecated: write {{{{`NAME` | env}}}}")
        expanded = expand(text, where, dollars=True)
        return replace(scalar, text=expanded, note=note or ("template" if expanded != text else ""))


def _note(text: str) -> str:
    """Return which kind of reference a value is: `secret:file`."""
    return ":".join(text.split(":")[:2]) if text.startswith(REFERENCE) else ""
