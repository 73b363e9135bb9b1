"""What a signal does to a command that works."""

import os
import signal

import pytest
from anyio import from_thread, to_thread

from snapharbor.cli.session import run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_worker_threads_too_before_the_command_ends(number: signal.Signals) -> None:
    ended: list[str] = []
    before = signal.getsignal(number)

    def work() -> None:
        os.kill(os.getpid(), number)
        try:
            while True:
                from_thread.check_cancelled()
        finally:
            ended.append("work")

    async def command() -> None:
        await to_thread.run_sync(work)

    with pytest.raises(KeyboardInterrupt):
        run(command)
    assert ended == ["work"]
    assert signal.getsignal(number) == before
