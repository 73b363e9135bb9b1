"""Which tables have to be settled before which, where they may refer to each other in circles."""

from collections.abc import Callable, Collection, Iterable, Iterator

from ..model.catalog import TableName

Targets = Callable[[TableName], Iterable[TableName]]


def components(names: Collection[TableName], targets: Targets) -> Iterator[tuple[TableName, ...]]:
    """Yield the circles of a graph, a table in none of them alone, each after everything that it refers to.

    Tarjan's algorithm, without recursion: chains may be as long as they like.
    """
    number, low = dict[TableName, int](), dict[TableName, int]()
    stack, on_stack = list[TableName](), set[TableName]()

    def enter(name: TableName) -> tuple[TableName, Iterator[TableName]]:
        number[name] = low[name] = len(number)
        stack.append(name)
        on_stack.add(name)
        return name, iter(sorted(one for one in targets(name) if one in names))

    for start in sorted(names):
        path = [enter(start)] if start not in number else []
        while path:
            name, rest = path[-1]
            for other in rest:
                if other not in number:
                    path.append(enter(other))
                    break
                if other in on_stack:
                    low[name] = min(low[name], number[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == number[name]:
                    at = stack.index(name)
                    together = tuple(stack[at:])
                    del stack[at:]
                    on_stack.difference_update(together)
                    yield together
