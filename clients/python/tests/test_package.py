"""The package as it is installed: with its types, without what the tests need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from shop import CHECKOUT

HERE = CHECKOUT / "clients/python"


def test_a_wheel_is_whole_and_works_by_itself(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    shutil.copytree(HERE / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(HERE / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-build-isolation", "--no-deps", "--no-index", "-w", str(tmp_path), str(source)]
    subprocess.run([*pip, *options], check=True, env=without_path())
    (wheel,) = tmp_path.glob("khach-0.1.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    found = {path.name for path in (tmp_path / "site/khach").iterdir()}
    assert found == {path.name for path in (HERE / "src/khach").iterdir() if path.is_file()}
    assert "py.typed" in found
    script = "import khach; print(khach.__file__, khach.__version__, khach.library_version())"
    # Isolated: nothing of the tests is within reach.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append('site'); {script}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.split()[1:] == ["0.1.0", "0.1.0"]
    assert "site" in done.stdout.split()[0]


def without_path() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
