"""`tracedial study seal`, `unseal` and `delete-participant`."""

from pathlib import Path

import click

from tracedial.files.counted import counted
from tracedial.study.study_file import read_study

FOLDER = click.Path(path_type=Path)
FROM_FILE = click.option("--passphrase-file", type=FOLDER, metavar="FILE",
                         help="The file whose first line is the passphrase; asked for if not given.")  # fmt: skip


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, metavar="FILE", help="The sealed file, usually named ….age.")
@click.option(
    "--to", "keys", multiple=True, metavar="KEY", help="A colleague's age public key (age1…); may be repeated."
)
@FROM_FILE
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def seal(folder: Path, out: Path, keys: tuple[str, ...], passphrase_file: Path | None, force: bool) -> None:
    """Pack FOLDER, a study or an export, into one encrypted file in the age format.

    FOLDER stays as it is. Send the passphrase another way than the file.

    Example: tracedial study seal for-colleagues --out for-colleagues.age
    """
    from tracedial.exchange.sealing import seal as seal_folder

    passphrase = "" if keys else _passphrase(passphrase_file, confirm=True)
    n_files = seal_folder(folder, out, keys=list(keys), passphrase=passphrase, force=force)
    click.echo(f"{out}: {counted(n_files, 'file')}. Open it with `tracedial study unseal`, or with age.")


@click.command()
@click.argument("sealed", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="The new folder.")
@click.option("--key", "key_file", type=FOLDER, metavar="FILE", help="The file with your age secret key.")
@FROM_FILE
def unseal(sealed: Path, out: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
    """Open a file that was sealed for your key or with a passphrase."""
    from tracedial.exchange.sealing import unseal as unseal_file

    passphrase = "" if key_file else _passphrase(passphrase_file, confirm=False)
    n_files = unseal_file(sealed, out, key_file=key_file, passphrase=passphrase)
    click.echo(f"{out}: {counted(n_files, 'file')}")


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is None:
        return click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return (file.read_text(encoding="utf-8").splitlines() or [""])[0]


@click.command(name="delete-participant")
@click.argument("folder", type=FOLDER)
@click.argument("session")
@click.argument("rater")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(folder: Path, session: str, rater: str, yes: bool) -> None:
    """Delete what RATER of SESSION gave: ratings, segments, answers. This cannot be undone."""
    from tracedial.study.participants import delete_participant, planned_deletion

    study = read_study(folder)
    planned = planned_deletion(study, session, rater)
    for path in planned:
        click.echo(f"to be deleted: {path}")
    if not yes:
        click.confirm("Delete for ever?", abort=True)
    deleted = delete_participant(study, session, rater)
    click.echo(f"Deleted what {rater} gave in {session}, and the session's report.")
    for path in deleted.left:
        click.echo(f"still there, made of several raters' data: {path} (delete it, or make it again)")
    click.echo("Not touched: the session video, exports and sealed files elsewhere, their keys, and your backups.")
