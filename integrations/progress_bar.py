"""How far long work on the command line has come: one line that is drawn over on a terminal, else a line a stage."""

WIDTH = 30


class ProgressBar:
    def __init__(self, out) -> None:
        self.out = out
        self.stage = ""

    def show(self, stage: str, done: int, total: int) -> None:
        if not self.out.isatty():
            if stage != self.stage:
                self.out.write(stage)
            self.stage = stage
            return
        full = WIDTH * done // total if total else 0
        count = f"{done:,} of {total:,}" if total > 1 else ""
        self.out.write(f"\r\x1b[K{stage:<13} [{'#' * full}{'.' * (WIDTH - full)}] {count}", ending="")
        self.out.flush()

    def close(self) -> None:
        if self.out.isatty():
            self.out.write("\r\x1b[K", ending="")
