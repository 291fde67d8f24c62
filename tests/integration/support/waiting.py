# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import time


def wait_until(condition, what, deadline_s=10.0, interval_s=0.01):
    """Calls `condition` until it returns something true, and returns that.

    `what` ends the sentence "timed out waiting for ..." of the error that a missed deadline raises.
    """
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise TimeoutError(f"timed out after {deadline_s} s waiting for {what}")
        time.sleep(interval_s)
