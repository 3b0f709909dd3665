"""Nets are listed, checked and chosen without loading TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.common.errors import InvalidInput
from recognition.engine import catalog, processors, registry

DOORS = ("images", "engine.registry", "engine.pipeline", "engine.scale")


def test_the_front_doors_load_no_tensorflow() -> None:
    doors = ", ".join(f"recognition.{door}" for door in DOORS)
    check = f"import sys, {doors}; sys.exit(any(name in sys.modules for name in ('tensorflow', 'deepface')))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_upload_checks_need_neither_numpy_nor_opencv() -> None:
    check = "import sys, recognition.images; sys.exit('cv2' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_the_built_in_nets_are_ready_with_license_and_digest() -> None:
    built_in = [model for model in registry.models() if model.sha256]
    carried = [model for model in built_in if model.name != catalog.YUNET.name]
    assert len(carried) == 7
    assert all(model.ready and model.license for model in carried)


def test_the_files_of_the_nets_are_the_published_ones() -> None:
    assert registry.verify() == []


def test_a_changed_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "net"
    changed.write_bytes(b"something else")
    monkeypatch.setattr(catalog, "file_of", lambda model: changed)
    assert any("is not the published file" in sentence for sentence in registry.verify())


@pytest.mark.parametrize("model", ["Facenet9000", "face-mesh"])
def test_an_unknown_net_is_refused(model: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        registry.load(model=model)
    assert caught.value.code == "unknown_model"


def test_a_net_without_its_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        registry.load(model="ArcFace")
    assert caught.value.code == "model_not_ready"


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        registry.load(mode="warp")
    assert caught.value.code == "unknown_mode"


def test_an_unknown_detector_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_DETECTOR", "dowsing")
    with pytest.raises(InvalidInput) as caught:
        registry.load()
    assert caught.value.code == "unknown_detector"


def test_a_detector_without_its_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        registry.load(detector="yunet")
    assert caught.value.code == "model_not_ready"


def test_a_pipeline_without_a_scale_makes_no_templates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / ".deepface" / "weights"
    weights.mkdir(parents=True)
    (weights / "arcface_weights.h5").write_bytes(b"there")
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        registry.load(model="ArcFace")
    assert caught.value.code == "no_scale"


def test_another_detector_makes_templates_of_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_DETECTOR", "mtcnn")
    assert registry.pipeline_id() == "dlib-resnet-v1/mtcnn/mesh5/mirror/1"


def test_another_precision_makes_templates_of_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_PRECISION", "bfloat16")
    assert registry.pipeline_id() == "dlib-resnet-v1-bfloat16/blazeface/mesh5/mirror/1"
    assert registry.pipeline_id(precision="float32") == "dlib-resnet-v1/blazeface/mesh5/mirror/1"


def test_the_mode_is_the_operators_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_MODE", "fast")
    assert registry.pipeline_id() == registry.pipeline_id("fast") != registry.pipeline_id("default")


@pytest.mark.parametrize(
    ("model", "precision", "code"),
    [(None, "int4", "unknown_precision"), ("ArcFace", "bfloat16", "precision_not_offered")],
)
def test_a_precision_that_a_net_does_not_run_in_is_refused(
    model: str | None, precision: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        registry.load(model=model, precision=precision)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("flags", "native"),
    [
        ("fpu avx512f avx512_bf16", True),
        ("fpu amx_bf16 amx_tile", True),
        ("fpu avx512f avx512_vnni", False),
        ("", False),
    ],
)
def test_a_processor_without_bfloat16_is_known(tmp_path: Path, flags: str, native: bool) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor\t: 0\nmodel name\t: avx512_bf16\nflags\t\t: {flags}\n")
    assert processors.have_bfloat16(told) is native


def test_a_system_that_does_not_tell_its_processors_has_no_bfloat16(tmp_path: Path) -> None:
    assert not processors.have_bfloat16(tmp_path / "cpuinfo")


def test_another_net_makes_templates_of_another_name() -> None:
    assert registry.pipeline_id(model="ArcFace") == "arcface/blazeface/mesh5/mirror/1"
