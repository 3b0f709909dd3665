"""Fetch and compile the front-end files of other projects into `static/vendor/`.

Run by a maintainer when a version changes, never at build or run time:

    python tools/vendor.py            fetch, compile, write files and VENDOR.toml (needs npm)
    python tools/vendor.py --check    compare the files with VENDOR.toml (needs nothing)

The gov.uk font and crest belong to gov.uk: the components are compiled here without them, with the colors
of `static/css/tokens.css` and our own font.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
TOKENS = ROOT / "static" / "css" / "tokens.css"

SASS = "sass@1.108.2"
ESBUILD = "esbuild@0.28.2"


@dataclass(frozen=True)
class Package:
    """A package of the npm registry, at one version, with its license (SPDX)."""

    name: str
    version: str
    license: str
    folder: str


GOVUK = Package("govuk-frontend", "6.6.0", "MIT", "govuk-frontend")
FONT = Package("@fontsource-variable/public-sans", "5.3.0", "OFL-1.1", "public-sans")

FONT_FILES = ("public-sans-latin-wght-normal.woff2", "public-sans-latin-ext-wght-normal.woff2")

# Left out on purpose: header, footer, cookie banner and the other parts that carry gov.uk's identity.
COMPONENTS = (
    "back-link",
    "breadcrumbs",
    "button",
    "character-count",
    "checkboxes",
    "date-input",
    "details",
    "error-message",
    "error-summary",
    "fieldset",
    "file-upload",
    "hint",
    "input",
    "inset-text",
    "label",
    "notification-banner",
    "pagination",
    "panel",
    "password-input",
    "radios",
    "select",
    "skip-link",
    "summary-list",
    "table",
    "tabs",
    "task-list",
    "textarea",
    "warning-text",
)

BEHAVIORS = (
    "Button",
    "CharacterCount",
    "Checkboxes",
    "ErrorSummary",
    "NotificationBanner",
    "PasswordInput",
    "Radios",
    "Tabs",
)

# Functional color of govuk-frontend -> token of ours.
COLORS = {
    "brand": "accent",
    "text": "ink",
    "inverse-text": "paper",
    "template-background": "paper",
    "body-background": "paper",
    "secondary-text": "ink-soft",
    "focus": "focus",
    "focus-text": "focus-ink",
    "error": "bad",
    "success": "good",
    "border": "line",
    "input-border": "field",
    "hover": "hover",
    "link": "accent",
    "link-visited": "visited",
    "link-hover": "accent-dark",
    "link-active": "ink",
    "surface-background": "wash",
    "surface-text": "ink",
    "surface-border": "line",
}

# Size step of govuk-frontend -> (small screen, from tablet up), each as (size, line height) in px.
TYPE_SCALE = {
    80: ((40, 44), (56, 60)),
    48: ((29, 34), (38, 44)),
    36: ((24, 30), (30, 36)),
    27: ((20, 27), (23, 30)),
    24: ((19, 26), (21, 28)),
    19: ((17, 26), (17, 26)),
    16: ((15, 22), (15, 22)),
}

# The package on the registry carries no license file; this is the text of its repository's LICENSE.txt.
GOVUK_LICENSE = """The MIT License (MIT)

Copyright (C) 2017 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def tokens(css: str) -> dict[str, str]:
    """Return the `--color-*` values of a stylesheet by name without the prefix."""
    return dict(re.findall(r"--color-([a-z-]+):\s*(#[0-9a-f]{6});", css))


def stylesheet(colors: dict[str, str], package: Path) -> str:
    """Return the SCSS that compiles the chosen components in our colors, sizes and font."""
    functional = ", ".join(f'"{theirs}": {colors[ours]}' for theirs, ours in COLORS.items())
    scale = ", ".join(_scale_step(step, *sizes) for step, sizes in TYPE_SCALE.items())
    govuk = (package / "dist" / "govuk").as_posix()
    settings = f"""@use "{govuk}/settings" with (
      $govuk-font-family: ("Public Sans", system-ui, -apple-system, "Segoe UI", arial, sans-serif),
      $govuk-include-default-font-face: false,
      $govuk-page-width: 1120px,
      $govuk-functional-colours: ({functional}),
      $govuk-typography-scale: ({scale}));
    @use "{govuk}/components/button/settings" as button with (
      $govuk-button-background-colour: {colors["accent"]});
    """
    parts = ["core", "objects", *(f"components/{name}" for name in COMPONENTS), "utilities", "overrides"]
    uses = (f'@use "{govuk}/{part}" as part-{number};' for number, part in enumerate(parts))
    return settings + "\n".join(uses)


def _scale_step(step: int, small: tuple[int, int], large: tuple[int, int]) -> str:
    def sizes(pair: tuple[int, int], unit: str) -> str:
        return f"(font-size: {pair[0]}{unit}, line-height: {pair[1]}{unit})"

    # Print sizes are points; three quarters of the screen size keeps a page of paper readable.
    paper = (round(large[0] * 0.75), round(large[1] * 0.75))
    return f"{step}: (null: {sizes(small, 'px')}, tablet: {sizes(large, 'px')}, print: {sizes(paper, 'pt')})"


def script(package: Path) -> str:
    """Return the module that starts the chosen behaviors; its bundle is loaded with `defer`."""
    govuk = (package / "dist" / "govuk" / "all.mjs").as_posix()
    names = ", ".join(BEHAVIORS)
    return (
        f'import {{ createAll, {names} }} from "{govuk}";\n'
        'document.body.classList.add("js-enabled", "govuk-frontend-supported");\n'
        f"for (const behavior of [{names}]) createAll(behavior);\n"
    )


def fetch(package: Package, into: Path) -> Path:
    """Download a package with npm and return the folder it was unpacked to."""
    into.mkdir(parents=True)
    _run("npm", "pack", "--silent", f"{package.name}@{package.version}", "--pack-destination", str(into))
    (archive,) = into.glob("*.tgz")
    with tarfile.open(archive) as files:
        files.extractall(into, filter="data")
    return into / "package"


def vendor_govuk(work: Path) -> None:
    """Write the compiled stylesheet and script of govuk-frontend."""
    package, target = fetch(GOVUK, work / "govuk"), _empty(GOVUK)
    scss, entry = work / "entry.scss", work / "entry.mjs"
    scss.write_text(stylesheet(tokens(TOKENS.read_text()), package))
    entry.write_text(script(package))
    css, js = target / "govuk-frontend.css", target / "govuk-frontend.js"
    _npx(SASS, "sass", "--style=compressed", "--no-source-map", "--no-charset", str(scss), str(css))
    _npx(ESBUILD, "esbuild", str(entry), "--bundle", "--minify", "--format=iife", f"--outfile={js}")
    (target / "LICENSE").write_text(GOVUK_LICENSE)
    _refuse_foreign_identity(css)
    _describe(GOVUK, target, built_with=(SASS, ESBUILD))


def vendor_font(work: Path) -> None:
    """Copy the font files and their license."""
    package, target = fetch(FONT, work / "font"), _empty(FONT)
    for name in FONT_FILES:
        shutil.copyfile(package / "files" / name, target / name)
    shutil.copyfile(package / "LICENSE", target / "LICENSE")
    _describe(FONT, target)


def mismatches() -> list[str]:
    """Return what differs between the vendored files and their VENDOR.toml, empty when nothing does."""
    found: list[str] = []
    for manifest in sorted(VENDOR.glob("*/VENDOR.toml")):
        listed: dict[str, str] = tomllib.loads(manifest.read_text())["files"]
        present = {path.name: _sha256(path) for path in _contents(manifest.parent)}
        differing = {name for name, _ in listed.items() ^ present.items()}
        found += [f"{manifest.parent.name}/{name}" for name in sorted(differing)]
    return found


def _refuse_foreign_identity(css: Path) -> None:
    if re.search(r"GDS Transport|crest|@font-face|url\(", css.read_text()):
        raise SystemExit(f"{css.name} refers to a font or an image of gov.uk.")


def _describe(package: Package, target: Path, built_with: Iterable[str] = ()) -> None:
    lines = [f'{key} = "{getattr(package, key)}"' for key in ("name", "version", "license")]
    lines.append(f"built_with = {[*built_with]!r}".replace("'", '"'))
    lines += ["", "[files]", *(f'"{path.name}" = "{_sha256(path)}"' for path in _contents(target))]
    (target / "VENDOR.toml").write_text("\n".join(lines) + "\n")


def _contents(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != "VENDOR.toml")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _empty(package: Package) -> Path:
    target = VENDOR / package.folder
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return target


def _npx(package: str, *command: str) -> None:
    _run("npx", "--yes", "--package", package, "--", *command)


def _run(*command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise SystemExit(f"{command[0]} is needed to fetch vendored files.")
    subprocess.run([program, *command[1:]], check=True)  # noqa: S603 - arguments are the constants above


def main() -> int:
    """Fetch everything, or with --check compare what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare the files with VENDOR.toml")
    if parser.parse_args().check:
        wrong = mismatches()
        lines = [f"differs from VENDOR.toml: {name}\n" for name in wrong] or [
            "vendored files are as listed\n"
        ]
        sys.stdout.writelines(lines)
        return 1 if wrong else 0
    with tempfile.TemporaryDirectory() as work:
        vendor_govuk(Path(work))
        vendor_font(Path(work))
    return 0


if __name__ == "__main__":
    sys.exit(main())
