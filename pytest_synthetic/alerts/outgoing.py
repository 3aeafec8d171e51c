"""What waits to be sent to one address: when it is tried again, and what need not be sent any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.alerting import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.model.alerting import Post

PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before the second try, the third, and so on; the last one is that of all that follow."""


def pause(tries: int, after: float | None = None) -> float:
    """Seconds to wait after so many tries that failed. `after` is what the receiver asks for; a longer wait counts."""
    own = PAUSES[min(max(tries, 1), len(PAUSES)) - 1]
    return max(own, min(after or 0.0, PAUSES[-1] * 12))


def stale(posts: Sequence[Post], *, webhook: bool = False) -> frozenset[int]:
    """The ids of those that need not be sent any more, of what waits for one address and one incident, oldest first.

    People get one letter, for it says how the incident stands when it is sent: its opening when that waits, else the
    last turn. When it is over, they are told that, but nothing if they cannot have heard of it. Programs get all: a
    `webhook` is read by one.
    """
    if not posts or webhook:
        return frozenset()
    if are_needless(posts):
        return frozenset(post.id for post in posts)
    stands = posts[-1].turn is not Turn.RESOLVED
    kept = posts[0] if stands and posts[0].turn is Turn.OPENED else posts[-1]
    return frozenset(post.id for post in posts if post is not kept)


def are_needless(posts: Sequence[Post]) -> bool:
    """Whether what waits tells people the end of what they cannot have heard of."""
    begun = any(post.tries for post in posts)
    return posts[0].turn is Turn.OPENED and posts[-1].turn is Turn.RESOLVED and not begun
