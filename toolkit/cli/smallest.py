"""`tinyml smallest`: the search for the smallest network that reads digits; see docs/smallest.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import options, output

if TYPE_CHECKING:
    from types import TracebackType

    from toolkit.smallest.recipe import Run
    from toolkit.smallest.records import Record

Study = Annotated[
    Path,
    typer.Option(
        "--study", help="The study's folder: plans, records, weights. By default models/smallest_study: it only grows."
    ),
]
Names = Annotated[list[str], typer.Argument(help="Networks, by the names of their plans.")]
_HERE = Path("models/smallest_study")


class _Bar:
    """The epochs of the run that is under way, on stderr."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
            console=output.stderr(),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, status="")

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from toolkit.errors import TinymlError

        self._bar.stop()
        if isinstance(error, KeyboardInterrupt):
            raise TinymlError(
                "interrupted; what was trained is kept", "the same command goes on from the last checkpoint"
            ) from None

    def __call__(self, run: Run, epoch: int, loss: float) -> None:
        """After an epoch."""
        self._bar.update(
            self._task,
            description=f"{run.words}, seed {run.seed}",
            completed=epoch,
            total=run.recipe.epochs,
            status=f"loss {loss:.4f}",
        )


def _tell(record: Record) -> None:
    int8 = f", int8 {record.held_out_int8:.2%}" if record.held_out_int8 is not None else ""
    output.line(
        f"{record.held_out or 0:.2%}{int8} held out, {record.params} parameters, {record.run.recipe.epochs} epochs: "
        f"{record.run.words}, seed {record.run.seed}"
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The search for the smallest network that still reads digits.")
    app.add_typer(group, name="smallest")
    _register_training(group)
    _register_judging(group)


def _register_training(group: typer.Typer) -> None:
    @group.command("search")
    def search_command(
        which: Annotated[str, typer.Argument(help="The class: 697, 480, 350 (parameters) or rows (RAM).")] = "697",
        trials: Annotated[int, typer.Option("--trials", min=1, help="Trainings in all, those before included.")] = 40,
        epochs: Annotated[int, typer.Option("--epochs", min=1, help="Of each; other lengths are counted apart.")] = 40,
        study: Study = _HERE,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
    ) -> None:
        """Search topologies of a class with Optuna; goes on where it stopped, and several may work side by side."""
        from toolkit.errors import UsageError
        from toolkit.smallest import data as sets
        from toolkit.smallest import search
        from toolkit.smallest.recipe import RECIPE, changed

        if which not in search.CLASSES:
            raise UsageError(f"there is no class {which!r}", f"classes: {', '.join(search.CLASSES)}")
        recipe = changed(RECIPE, {"epochs": epochs})
        images = sets.load(_copies(workspace), data)
        with _Bar() as bar:
            trained = search.search(search.CLASSES[which], trials, recipe, images, study, progress=bar, told=_tell)
        if not trained:
            output.line(f"nothing to train: {trials} trials, {epochs} epochs each, are trained or under way")

    @group.command("train")
    def train_command(
        names: Names,
        seed: Annotated[
            list[int] | None, typer.Option("--seed", min=0, help="Of a pipeline; may be repeated. By default 1 to 5.")
        ] = None,
        study: Study = _HERE,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
    ) -> None:
        """Run whole pipelines of planned networks: short trainings, the best of them trained long, the int8 file."""
        from toolkit.smallest import data as sets
        from toolkit.smallest import pipeline

        chosen = [pipeline.plan(study, name) for name in names]
        images = sets.load(_copies(workspace), data)
        with _Bar() as bar:
            for plan in chosen:
                for each in seed or pipeline.SEEDS:
                    known = pipeline.whole(plan, each, study)
                    if known is not None:
                        output.line(f"{plan.name}, pipeline {each}, is whole already: nothing to train")
                    _tell(known or pipeline.run(plan, each, images, study, bar))


def _register_judging(group: typer.Typer) -> None:
    @group.command("name")
    def name_command(
        names: Names,
        pipelines: Annotated[
            int, typer.Option("--pipelines", min=1, max=5, help="That each must have; the protocol says five.")
        ] = 5,
        study: Study = _HERE,
    ) -> None:
        """Write down which files will be judged, by hash, and which of each network ships: by held-out accuracy."""
        from toolkit.smallest import judge

        for name, what in judge.name(study, names, pipelines).items():
            output.line(f"{name}: pipeline {what['ships']} ships; {len(what['files'])} files will be judged")

    @group.command("judge")
    def judge_command(study: Study = _HERE, data: options.Data = None) -> None:
        """Read the test set: once, for the files that are named and were not judged yet."""
        from toolkit.data import load_external, load_mnist
        from toolkit.data.digits.eight import load_eight
        from toolkit.data.digits.habits import load_harder
        from toolkit.smallest import finished, judge

        if not judge.waiting(study):
            output.line("nothing waits: all that is named was judged")
            return
        tests = (load_mnist("test", data), load_external(), load_harder(), load_eight())
        judge.judge(
            study,
            tests,
            finished.answers,
            lambda row: output.line(
                f"{row.name} {row.seed}: "
                + ", ".join(f"{key} {row.right[key]} of {row.total[key]}" for key in row.total)
            ),
        )

    @group.command("ship")
    def ship_command(
        names: Names,
        to: Annotated[Path, typer.Option("--to", help="The folder that gets a folder for each.")] = Path("models"),
        study: Study = _HERE,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
    ) -> None:
        """Write judged networks as models with their cards: the pipeline of each that `name` wrote down."""
        from toolkit.data import load_external, load_mnist
        from toolkit.smallest import data as sets
        from toolkit.smallest import ship

        images = sets.load(_copies(workspace), data)
        for name in names:
            found = ship.ship(name, study, images, lambda: (load_mnist("test", data), load_external()), to)
            output.line(str(found))

    @group.command("measure")
    def measure_command(
        names: Names,
        board: Annotated[
            list[str] | None, typer.Option("--board", help="May be repeated. By default mps2-an386, nano33, uno.")
        ] = None,
        stream: Annotated[
            list[str] | None,
            typer.Option("--stream", help="auto, rows or off; may be repeated. By default the first two."),
        ] = None,
        limit: options.Limit = None,
        study: Study = _HERE,
        workspace: options.Workspace = Path(),
    ) -> None:
        """Build and prove shipped networks on emulated boards, and keep flash, RAM and instructions."""
        from toolkit.cli.listener import Terminal
        from toolkit.smallest import measure

        for row in measure.measure(
            names,
            study,
            workspace,
            boards=board or measure.BOARDS,
            streams=stream or measure.STREAMS,
            limit=limit,
            listener=Terminal(),
        ):
            found = (
                row.refused
                or f"{row.verdict}, {row.exact} of {row.asked}, flash {row.flash_bytes}, RAM {row.ram_bytes}, "
                f"arena {row.arena_bytes}"
            )
            output.line(f"{row.name} on {row.board}, stream {row.stream}: {found}")

    @group.command("fit")
    def fit_command(study: Study = _HERE, data: options.Data = None, workspace: options.Workspace = Path()) -> None:
        """Score every pipeline's network on its own training images: what its size lets it learn at all."""
        from toolkit.smallest import data as sets
        from toolkit.smallest import fits

        fits.count(
            study,
            sets.load(_copies(workspace), data),
            lambda fit: output.line(f"{fit.name} {fit.seed}: {fit.right:,} of {fit.total:,}"),
        )

    @group.command("digits")
    def digits_command(
        models: Annotated[Path, typer.Option("--models", help="The folder of shipped models.")] = Path("models"),
        study: Study = _HERE,
    ) -> None:
        """Score all shipped networks on digits that none was trained on: external, harder, scikit-learn's."""
        from toolkit.smallest import digits

        digits.score(
            study,
            models,
            lambda row: output.line(
                f"{row.name} {row.dtype}: "
                + ", ".join(f"{key} {row.right[key]} of {row.total[key]}" for key in row.total)
            ),
        )

    @group.command("page")
    def page_command(
        to: Annotated[
            Path | None,
            typer.Option(
                "--to", help="The folder for smallest.md and its plots. By default docs, of another study its own."
            ),
        ] = None,
        study: Study = _HERE,
    ) -> None:
        """Write the page from the kept records, and smallest_results.json beside the study's folder."""
        from toolkit.smallest import page, results

        results.write(results.rows(study), study.parent / "smallest_results.json")
        output.line(str(page.write(study, to or (Path("docs") if study.resolve() == _HERE.resolve() else study))))


def _copies(workspace: Path) -> Path:
    """Where changed copies of the training images are kept."""
    return workspace / "build" / "smallest" / "copies"
