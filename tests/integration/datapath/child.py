# SPDX-License-Identifier: Apache-2.0
"""Work in forked processes, so that load is not made under one interpreter's lock."""

import multiprocessing
import signal


class Child:
    """A process that runs `work(*arguments)` and hands the result over. Ended, finished or not, at the end of the block."""

    def __init__(self, work, *arguments):
        context = multiprocessing.get_context("fork")
        self._pipe, pipe = context.Pipe(duplex=False)

        def run():
            # The handlers of the parent would remove its namespaces.
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            pipe.send(work(*arguments))
        self._process = context.Process(target=run, daemon=True)
        self._process.start()
        pipe.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def result(self):
        """Waits for it. EOFError: the process failed, and its trace is on stderr."""
        return self._pipe.recv()
