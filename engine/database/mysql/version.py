"""Which server it is: two products that speak the same protocol and differ in what they know."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """A server's product and version; `text` is without build and distribution."""

    product: str
    text: str
    numbers: tuple[int, int, int]

    @property
    def mariadb(self) -> bool:
        """Whether it is MariaDB."""
        return self.product == "MariaDB"

    @property
    def major(self) -> int:
        """The first number."""
        return self.numbers[0]

    @property
    def comments_databases(self) -> bool:
        """Whether databases have comments."""
        return self.mariadb and self.numbers >= (10, 5, 0)


def parse_version(greeting: str) -> Version:
    """Read what a server greets with, such as `5.5.5-10.11.19-MariaDB-0+deb12u1` or `8.0.40`."""
    product = "MariaDB" if "mariadb" in greeting.lower() else "MySQL"
    text = greeting.removeprefix("5.5.5-") if product == "MariaDB" else greeting
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    numbers = (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)
    return Version(product, ".".join(map(str, numbers)), numbers)
