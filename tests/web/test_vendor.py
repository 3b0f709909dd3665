"""Files of other projects are what their lists say."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def vendor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "tools" / "vendor.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_vendored_files_are_as_listed(vendor: ModuleType) -> None:
    assert vendor.mismatches() == []


def test_a_changed_file_is_named(vendor: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(vendor.VENDOR, tmp_path / "vendor")
    vendor.VENDOR = tmp_path / "vendor"
    (vendor.VENDOR / "govuk-frontend" / "govuk-frontend.js").write_text("alert(1)")
    assert vendor.mismatches() == ["govuk-frontend/govuk-frontend.js"]


def test_an_unlisted_file_is_named(vendor: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(vendor.VENDOR, tmp_path / "vendor")
    vendor.VENDOR = tmp_path / "vendor"
    (vendor.VENDOR / "public-sans" / "extra.woff2").write_bytes(b"")
    assert vendor.mismatches() == ["public-sans/extra.woff2"]


def test_nothing_vendored_carries_the_identity_of_gov_uk() -> None:
    css = (ROOT / "static" / "vendor" / "govuk-frontend" / "govuk-frontend.css").read_text()
    assert not any(mark in css for mark in ("GDS Transport", "crest", "@font-face", "url("))


def test_the_vendored_colors_are_those_of_the_tokens(vendor: ModuleType) -> None:
    css = (ROOT / "static" / "vendor" / "govuk-frontend" / "govuk-frontend.css").read_text()
    assert f"--govuk-brand-colour: {vendor.tokens(vendor.TOKENS.read_text())['accent']}" in css
