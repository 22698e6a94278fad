"""What both views stand on: a table that is drawn anew on a terminal, plain lines without one.  It knows no figure."""

from collections.abc import Callable, Iterable
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text


class Screen:
    """A console that is drawn on again and again."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def show(self, head: str, below: Callable[[], Iterable[RenderableType]], plain: str) -> None:
        """The head and what is below it, made only for a terminal; without one the head and a few words."""
        if self.live:
            self.live.update(Group(Text(head, style="bold"), *below()))
            self.live.refresh()
        else:
            self.console.print(f"{head}  {plain}".rstrip(), highlight=False, soft_wrap=True)
