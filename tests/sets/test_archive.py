"""Untrusted archives: what is read, what is skipped and why, and what is rejected."""

import gc
import io
import struct
import tracemalloc
import weakref
import zipfile

import numpy as np
import pytest
from PIL import Image

from core import images
from core.sets import (
    Archive,
    BadArchive,
    BadLabels,
    BrokenFile,
    open_archive,
    open_archive_steps,
    pack_files,
    zip_entries,
)
from core.steps import drain

LINK, PIPE = 0o120777 << 16, 0o010644 << 16


def png(seed: int = 0, side: int = 12) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    return images.png(Image.fromarray(pixels))


def make_zip(*members: tuple[str, bytes], **attributes: int) -> io.BytesIO:
    """Return a zip of these files; `attributes` are set on the last file's entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        for name, value in attributes.items():
            setattr(archive.infolist()[-1], name, value)
    return buffer


def make_archive(*members: tuple[str, bytes], **attributes: int) -> Archive:
    return open_archive(make_zip(*members, **attributes), "mine.zip")


def upload(*files: tuple[str, bytes]) -> Archive:
    return open_archive(pack_files([(name, io.BytesIO(data)) for name, data in files]), "files")


# Pictures and labels


def test_pictures_are_read_as_they_were_packed():
    archive = make_archive(("b.png", png(2)), ("a.png", png(1)))
    assert archive.files == ("b.png", "a.png")
    assert [archive.image(index).tobytes() for index in range(2)] == [
        images.read(png(seed)).tobytes() for seed in (2, 1)
    ]
    assert archive.keys == tuple(images.picture_id(images.read(png(seed))) for seed in (2, 1))
    assert archive.facts(1) == {"file": "a.png"}
    assert archive.skipped == ()


def test_a_single_picture_is_a_set():
    archive = make_archive(("a.png", png()))
    assert (len(archive), archive.classes, archive.label(0)) == (1, (), "")


def test_the_same_picture_in_two_files_counts_twice():
    archive = make_archive(("a.png", png()), ("b.png", png()))
    assert len(archive) == 2
    assert archive.keys[0] == archive.keys[1]


def test_the_folders_below_the_common_folder_are_classes():
    archive = make_archive(
        ("my photos/cats/a.png", png(1)),
        ("my photos/dogs/a.png", png(2)),
        ("my photos/dogs/old/b.png", png(3)),
        ("my photos/c.png", png(4)),
    )
    assert archive.labels == ("cats", "dogs", "dogs", "")
    assert archive.classes == ("cats", "dogs")


def test_a_table_of_labels_takes_precedence_over_sub_folders():
    table = b"file,label\ncats/a.png,tabby\nb.png,tiger\n"
    archive = make_archive(("cats/a.png", png(1)), ("cats/b.png", png(2)), ("labels.csv", table))
    assert archive.labels == ("tabby", "tiger")
    assert archive.skipped == ()


def test_a_table_may_name_skipped_files():
    table = b"file,label\na.png,x\nbroken.png,y\nnotes.txt,z\n"
    archive = make_archive(
        ("a.png", png()), ("broken.png", b"no"), ("notes.txt", b"no"), ("l.csv", table)
    )
    assert archive.labels == ("x",)
    assert [path for path, _ in archive.skipped] == ["notes.txt", "broken.png"]


def test_a_row_that_names_no_file_is_an_error_with_its_line():
    with pytest.raises(BadLabels, match=r"labels\.csv, line 2: there is no file 'c\.png'"):
        make_archive(("a.png", png()), ("labels.csv", b"file,label\nc.png,x\n"))


def test_of_several_tables_the_one_named_labels_is_used():
    tables = [("a/labels.csv", b"file,label\na.png,x\n"), ("b.csv", b"nonsense,y\nnonsense,z\n")]
    assert make_archive(("a/a.png", png()), *tables).labels == ("x",)
    with pytest.raises(BadLabels, match="2 CSV files"):
        make_archive(("a.png", png()), ("a.csv", b""), ("b.csv", b""))


def test_single_files_with_a_table_are_a_set():
    archive = upload(("a.png", png(1)), ("b.png", png(2)), ("x.csv", b"a.png,cat\nb.png,dog\n"))
    assert archive.labels == ("cat", "dog")
    assert archive.image(1).tobytes() == images.read(png(2)).tobytes()


def test_a_zip_among_other_files_is_skipped_with_advice():
    inner = make_zip(("a.png", png())).getvalue()
    archive = upload(("more.zip", inner), ("a.png", png()))
    assert archive.files == ("a.png",)
    assert archive.skipped == (("more.zip", "an archive within the archive; upload it separately"),)


@pytest.mark.parametrize("name", ["mine.zip", "mine"])
def test_a_zip_without_other_files_is_opened(name):
    assert upload((name, make_zip(("a.png", png())).getvalue())).files == ("a.png",)


# References


def test_the_reference_depends_on_pictures_paths_labels_and_order():
    first = make_archive(("a.png", png(1)), ("b.png", png(2)))
    assert (
        make_archive(("a.png", png(1)), ("b.png", png(2)), (".x", b"")).reference == first.reference
    )
    others = [
        make_archive(("a.png", png(1)), ("b.png", png(3))),
        make_archive(("a.png", png(1)), ("c.png", png(2))),
        make_archive(("a.png", png(1)), ("b.png", png(2)), ("l.csv", b"a.png,x\na.png,y")),
        make_archive(("b.png", png(2)), ("a.png", png(1))),
    ]
    assert len({first.reference, *(other.reference for other in others)}) == 5


# Skipped files


@pytest.mark.parametrize(
    ("name", "attributes", "reason"),
    [
        ("../a.png", {}, "its path leads out"),
        ("x/../../a.png", {}, "its path leads out"),
        ("/etc/a.png", {}, "its path leads out"),
        ("C:/a.png", {}, "its path leads out"),
        ("c:a.png", {}, "its path leads out"),
        ("..\\a.png", {}, "its path leads out"),
        ("\\\\server\\a.png", {}, "its path leads out"),
        ("a\n.png", {}, "its name has"),
        ("gnp\u202ea.png", {}, "its name has"),
        ("a.png\x7f.png", {}, "its name has"),
        ("link.png", {"external_attr": LINK}, "a link or"),
        ("pipe.png", {"external_attr": PIPE}, "a link or"),
        ("secret.png", {"flag_bits": 1}, "encrypted"),
        ("inner.zip", {}, "an archive within"),
        ("inner.tar.gz", {}, "an archive within"),
        ("notes.txt", {}, "not a picture, by its file name"),
        ("script.svg", {}, "not a picture, by its file name"),
        ("png", {}, "not a picture, by its file name"),
        ("odd.png", {"compress_type": 99}, "compressed with an unsupported"),
    ],
)
def test_unsafe_and_unreadable_entries_are_skipped_with_a_reason(name, attributes, reason):
    archive = make_archive(("good.png", png(1)), (name, png(2)), **attributes)
    assert archive.files == ("good.png",)
    ((path, shown_reason),) = archive.skipped
    assert shown_reason.startswith(reason)
    assert not any(ord(letter) < 32 or letter == "\u202e" for letter in path)


def test_a_name_with_a_null_byte_is_skipped_with_a_reason():
    data = make_zip(("good.png", png(1)), ("a.exe_.png", png(2))).getvalue()
    archive = open_archive(io.BytesIO(data.replace(b"a.exe_", b"a.exe\0")), "mine.zip")
    assert archive.skipped == (("a.exe�.png", "its name has invisible characters"),)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"some text", "not a picture"),
        (png(side=40)[:900], "damaged or cut short"),
        (make_zip(("a.png", png())).getvalue(), "a zip archive"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    ],
)
def test_files_that_are_not_pictures_are_skipped_with_a_reason(data, reason):
    archive = make_archive(("good.png", png(1)), ("bad.png", data))
    assert archive.files == ("good.png",)
    ((path, shown_reason),) = archive.skipped
    assert path == "bad.png"
    assert reason in shown_reason
    assert "Zooscope reads" not in shown_reason


@pytest.mark.parametrize(
    "name", [".hidden.png", "__MACOSX/._a.png", "x/.git/a.png", "Thumbs.db", "x/.DS_Store", "x/"]
)
def test_hidden_and_system_files_are_ignored(name):
    archive = make_archive(("good.png", png(1)), (name, png(2) if not name.endswith("/") else b""))
    assert (archive.files, archive.skipped) == (("good.png",), ())


def test_a_second_file_with_the_same_path_is_skipped():
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = make_archive(("a.png", png(1)), ("a.png", png(2)))
    assert archive.image(0).tobytes() == images.read(png(1)).tobytes()
    assert archive.skipped == (("a.png", "a second file with the same path"),)


def test_a_damaged_entry_is_skipped_with_a_reason():
    data = bytearray(make_zip(("good.png", png(1)), ("bad.png", png(2))).getvalue())
    data[data.index(b"bad.png") + len("bad.png") + 40] ^= 0xFF
    archive = open_archive(io.BytesIO(bytes(data)), "mine.zip")
    assert archive.files == ("good.png",)
    assert "damaged" in archive.skipped[0][1]


def test_pictures_beyond_the_limit_are_omitted_and_counted(monkeypatch):
    monkeypatch.setattr("core.sets.zip_entries.MAX_PICTURES", 2)
    archive = make_archive(*((f"{seed}.png", png(seed)) for seed in range(5)))
    assert (archive.files, archive.omitted_count) == (("0.png", "1.png"), 3)


# Limits and rejected uploads


def test_an_entry_with_a_large_declared_size_is_not_unpacked():
    archive = make_archive(
        ("good.png", png(1)), ("large.png", png(2)), file_size=images.MAX_BYTES + 1
    )
    assert archive.skipped == (("large.png", "20 MB; the limit is 20 MB"),)


def test_an_entry_with_a_large_compression_ratio_is_not_unpacked():
    archive = make_archive(("good.png", png(1)), ("tight.bmp", bytes(5_000_000)))
    assert "compressed too strongly" in archive.skipped[0][1]


def test_unpacking_stops_after_the_declared_size():
    """The entry declares 1,000 bytes and unpacks to 60 MB."""
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", png(1))
        with archive.open("bomb.png", "w") as member:
            for _ in range(60):
                member.write(bytes(1_000_000))
        archive.infolist()[-1].file_size = 1000
    tracemalloc.start()
    archive_set = open_archive(large, "bomb.zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert archive_set.files == ("good.png",)
    assert [path for path, _ in archive_set.skipped] == ["bomb.png"]
    assert peak < 20_000_000


def test_an_archive_whose_pictures_are_too_large_together_is_rejected(monkeypatch):
    members = [(f"{seed}.png", png(seed)) for seed in range(3)]
    total = sum(len(data) for _, data in members)
    monkeypatch.setattr("core.sets.zip_entries.MAX_TOTAL", total)
    assert len(make_archive(*members, ("film.mp4", bytes(5000)))) == 3
    monkeypatch.setattr("core.sets.zip_entries.MAX_TOTAL", total - 1)
    with pytest.raises(BadArchive, match="unpacked"):
        make_archive(*members)


def test_entries_are_counted_before_they_are_listed(monkeypatch):
    monkeypatch.setattr("core.sets.zip_entries.MAX_ENTRIES", 3)
    monkeypatch.setattr("core.sets.zip_entries.BLOCK", 7)  # a signature may cross two blocks
    members = [(f"{number}.txt", b"") for number in range(2)]
    assert len(make_archive(("a.png", png()), *members)) == 1
    with pytest.raises(BadArchive, match="more than 3 entries"):
        make_archive(("a.png", png()), *members, ("c.txt", b""))


def test_overlapping_entries_are_counted_separately():
    """A zip bomb in which many entries share the same data (Fifield 2019, WOOT)."""
    data = make_zip(("0000.png", png(side=500))).getvalue()
    start, end = data.index(zip_entries.ENTRY), data.index(b"PK\x05\x06")
    entry, count = data[start:end], 3000
    directory = b"".join(entry.replace(b"0000", b"%04d" % number) for number in range(count))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    with pytest.raises(BadArchive, match=r"2\.3 GB unpacked"):
        open_archive(io.BytesIO(data[:start] + directory + tail), "bomb.zip")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        b"PK\x03\x04 and then nothing",
        make_zip(("a.png", png())).getvalue()[:-30],
        make_zip(("a.png", png())).getvalue().replace(b"PK\x01\x02", b"PK\x01\x03"),
    ],
)
def test_a_file_that_is_not_a_zip_is_rejected(data):
    with pytest.raises(BadArchive, match="not a zip archive"):
        open_archive(io.BytesIO(data), "mine.zip")


@pytest.mark.parametrize(
    "members", [[], [("x/", b"")], [(".a.png", png())], [("a.png", b"no"), ("b.txt", b"")]]
)
def test_an_archive_without_a_picture_is_rejected(members):
    with pytest.raises(BadArchive, match=r"no picture in mine\.zip"):
        make_archive(*members)


def test_the_error_for_an_archive_without_a_picture_has_the_first_skipped_file():
    with pytest.raises(BadArchive, match=r"b\.txt: not a picture, by its file name \(and 1 more\)"):
        make_archive(("a.png", b"no"), ("b.txt", b""))


@pytest.mark.parametrize("files", [[], [("a.png", b"")]])
def test_an_empty_upload_is_rejected(files):
    with pytest.raises(BadArchive, match="upload is empty"):
        upload(*files)


def test_an_upload_over_the_limit_is_rejected(monkeypatch):
    monkeypatch.setattr("core.sets.archive.MAX_UPLOAD", 1000)
    with pytest.raises(BadArchive, match="ZOOSCOPE_PICTURES"):
        upload(("a.png", bytes(501)), ("b.png", bytes(500)))


# Time


def decode_all_but_red(data: bytes) -> Image.Image:
    """Decode a picture, and say of red ones that they take too long."""
    img = images.read(data)
    if img.getpixel((0, 0)) == (255, 0, 0):
        raise images.CostlyImage("The picture takes too long to decode.")
    return img


def test_a_few_pictures_that_take_too_long_are_skipped():
    red = images.png(Image.new("RGB", (9, 9), "red"))
    members = [("good.png", png()), *((f"{number}.png", red) for number in range(3))]
    archive = open_archive(make_zip(*members), "mine.zip", decode_all_but_red)
    assert archive.files == ("good.png",)
    assert {reason for _, reason in archive.skipped} == {"The picture takes too long to decode."}


def test_an_archive_of_more_such_pictures_is_rejected_at_once():
    red = images.png(Image.new("RGB", (9, 9), "red"))
    members = [("good.png", png()), *((f"{number}.png", red) for number in range(9))]
    steps = open_archive_steps(make_zip(*members), "mine.zip", decode_all_but_red)
    checked = []
    with pytest.raises(BadArchive, match=r"More than 3 pictures take too much .* 3\.png"):
        drain(steps, checked.append)
    assert len(checked) == 5


def test_an_archive_that_takes_too_long_in_all_is_rejected(monkeypatch):
    monkeypatch.setattr("core.sets.archive.MAX_SECONDS", 0.0)
    steps = open_archive_steps(make_zip(("a.png", png()), ("b.png", png(1))), "mine.zip")
    next(steps)
    with pytest.raises(BadArchive, match=r"takes more than .* minutes"):
        drain(steps)


def test_pictures_are_decoded_by_the_given_function_also_later():
    decoded = []

    def decode(data: bytes) -> Image.Image:
        decoded.append(data)
        return images.read(data)

    archive = open_archive(make_zip(("a.png", png())), "mine.zip", decode)
    archive.image(0)
    assert decoded == [png(), png()]


# Progress, memory and closing


def test_each_step_is_a_picture():
    members = [(f"{seed}.png", png(seed)) for seed in range(4)] + [("bad.png", b"no")]
    steps = [(p.step, p.total) for p in open_archive_steps(make_zip(*members), "mine.zip")]
    assert steps == [(index, 5) for index in range(5)]


def test_no_picture_stays_in_memory():
    references: list[weakref.ref] = []

    def recording_read(data: bytes) -> Image.Image:
        img = images.read(data)
        references.append(weakref.ref(img))
        return img

    members = [(f"{seed}.png", png(seed, side=100)) for seed in range(20)]
    file = pack_files([("mine.zip", make_zip(*members))])
    tracemalloc.start()
    archive = open_archive(file, "mine.zip", recording_read)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gc.collect()
    assert len(references) == 20
    assert not any(reference() for reference in references)
    assert archive.disk_bytes > 20 * 100 * 100 * 3 > 2 * memory


def test_a_closed_archive_can_not_be_read():
    archive = make_archive(("a.png", png()))
    archive.close()
    with pytest.raises(BrokenFile, match=r"a\.png"):
        archive.image(0)


def test_no_named_file_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    archive = upload(("a.png", png()))
    assert archive.image(0).size == (12, 12)
    assert list(tmp_path.iterdir()) == []


def test_the_long_name_of_a_skipped_file_is_shortened():
    archive = make_archive(("good.png", png()), ("x" * 5000 + ".txt", b""))
    assert len(archive.skipped[0][0]) == zip_entries.MAX_SHOWN
