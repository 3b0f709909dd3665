import io
import json

import pytest
from django.core.management import CommandError, call_command


def run(*words: str) -> str:
    output = io.StringIO()
    call_command("models", *words, stdout=output)
    return output.getvalue()


def test_the_list_names_license_digest_and_whether_a_net_is_ready():
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))}
    ours = rows["CountenanceDlib"]
    assert (ours["license"], ours["ready"], len(ours["sha256"])) == ("CC0-1.0", True, 64)
    assert "put its file at" in run("list")


def test_the_list_names_detectors_with_their_scales_and_what_fast_mode_misses():
    listed = run("list")
    assert "* blazeface" in listed
    assert "dlib-resnet-v1/mtcnn/mesh5/mirror/1: scale lfw-x4.8-mtcnn-mirror/1, provisional" in listed
    assert "small faces there are missed" in listed


def test_the_list_marks_the_mode_and_precision_that_are_chosen(monkeypatch):
    monkeypatch.setenv("COUNTENANCE_PRECISION", "bfloat16")
    listed = run("list")
    assert "* default" in listed
    assert "* bfloat16" in listed
    assert "dlib-resnet-v1-bfloat16/blazeface/mesh5/mirror/1: scale lfw-x4.8-bfloat16-blazeface" in listed


def test_the_weights_that_packages_carry_are_the_measured_ones():
    assert "measured" in run("verify")


@pytest.mark.parametrize(
    ("content", "sentence"), [("name,photo\na,b\n", "columns path and subject"), (None, "cannot be read")]
)
def test_a_data_set_that_cannot_be_used_is_refused_with_a_sentence(tmp_path, content, sentence):
    file = tmp_path / "set.csv"
    if content:
        file.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        run("calibrate", "--dataset", str(file), "--scale-version", "test/1")
