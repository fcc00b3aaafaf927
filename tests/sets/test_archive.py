"""Archives nobody vouches for: what is read of them, what is skipped and why, what is refused."""

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
from core.sets import Archive, BadArchive, BadLabels, BrokenFile, entries, packed, take_in
from core.sets.archive import take_in_steps

LINK, PIPE = 0o120777 << 16, 0o010644 << 16


def png(seed: int = 0, side: int = 12) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    return images.png(Image.fromarray(pixels))


def zipped(*members: tuple[str, bytes], **facts: int) -> io.BytesIO:
    """A zip of these files; `facts` are set on the entry of the last one."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        for name, value in facts.items():
            setattr(archive.infolist()[-1], name, value)
    return held


def taken(*members: tuple[str, bytes], **facts: int) -> Archive:
    return take_in(zipped(*members, **facts), "mine.zip")


def given(*files: tuple[str, bytes]) -> Archive:
    return take_in(packed([(name, io.BytesIO(data)) for name, data in files]), "files")


# What is read


def test_pictures_are_read_as_they_were_given():
    archive = taken(("b.png", png(2)), ("a.png", png(1)))
    assert archive.files == ("b.png", "a.png")
    assert [archive.image(index).tobytes() for index in range(2)] == [
        images.read(png(seed)).tobytes() for seed in (2, 1)
    ]
    assert archive.keys == tuple(images.picture_id(images.read(png(seed))) for seed in (2, 1))
    assert archive.facts(1) == {"file": "a.png"}
    assert archive.skipped == ()


def test_one_picture_is_a_set():
    archive = taken(("a.png", png()))
    assert (len(archive), archive.classes, archive.label(0)) == (1, (), "")


def test_the_same_picture_twice_is_two():
    archive = taken(("a.png", png()), ("b.png", png()))
    assert len(archive) == 2
    assert archive.keys[0] == archive.keys[1]


def test_sub_folders_are_classes_below_the_one_that_all_lie_in():
    archive = taken(
        ("my photos/cats/a.png", png(1)),
        ("my photos/dogs/a.png", png(2)),
        ("my photos/dogs/old/b.png", png(3)),
        ("my photos/c.png", png(4)),
    )
    assert archive.labels == ("cats", "dogs", "dogs", "")
    assert archive.classes == ("cats", "dogs")


def test_a_table_goes_before_sub_folders():
    table = b"file,label\ncats/a.png,tabby\nb.png,tiger\n"
    archive = taken(("cats/a.png", png(1)), ("cats/b.png", png(2)), ("labels.csv", table))
    assert archive.labels == ("tabby", "tiger")
    assert archive.skipped == ()


def test_a_table_may_name_what_was_skipped():
    table = b"file,label\na.png,x\nbroken.png,y\nnotes.txt,z\n"
    archive = taken(("a.png", png()), ("broken.png", b"no"), ("notes.txt", b"no"), ("l.csv", table))
    assert archive.labels == ("x",)
    assert [path for path, _ in archive.skipped] == ["notes.txt", "broken.png"]


def test_a_row_that_names_no_file_is_told():
    with pytest.raises(BadLabels, match=r"labels\.csv, line 2: there is no file 'c\.png'"):
        taken(("a.png", png()), ("labels.csv", b"file,label\nc.png,x\n"))


def test_of_several_tables_the_one_called_labels_counts():
    tables = [("a/labels.csv", b"file,label\na.png,x\n"), ("b.csv", b"nonsense,y\nnonsense,z\n")]
    assert taken(("a/a.png", png()), *tables).labels == ("x",)
    with pytest.raises(BadLabels, match="2 CSV files"):
        taken(("a.png", png()), ("a.csv", b""), ("b.csv", b""))


def test_loose_files_with_a_table_are_a_set_too():
    archive = given(("a.png", png(1)), ("b.png", png(2)), ("x.csv", b"a.png,cat\nb.png,dog\n"))
    assert archive.labels == ("cat", "dog")
    assert archive.image(1).tobytes() == images.read(png(2)).tobytes()


def test_a_zip_among_loose_files_is_told_how_to_be_given():
    inner = zipped(("a.png", png())).getvalue()
    archive = given(("more.zip", inner), ("a.png", png()))
    assert archive.files == ("a.png",)
    assert archive.skipped == (("more.zip", "an archive of its own: give it by itself"),)


@pytest.mark.parametrize("name", ["mine.zip", "mine"])
def test_a_zip_by_itself_is_opened(name):
    assert given((name, zipped(("a.png", png())).getvalue())).files == ("a.png",)


# What is another set


def test_a_set_is_named_by_its_pictures_paths_and_labels():
    first = taken(("a.png", png(1)), ("b.png", png(2)))
    assert taken(("a.png", png(1)), ("b.png", png(2)), (".x", b"")).reference == first.reference
    others = [
        taken(("a.png", png(1)), ("b.png", png(3))),
        taken(("a.png", png(1)), ("c.png", png(2))),
        taken(("a.png", png(1)), ("b.png", png(2)), ("l.csv", b"a.png,x\na.png,y")),
        taken(("b.png", png(2)), ("a.png", png(1))),
    ]
    assert len({first.reference, *(other.reference for other in others)}) == 5


# What is skipped


@pytest.mark.parametrize(
    ("name", "facts", "reason"),
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
        ("inner.zip", {}, "an archive of its own"),
        ("inner.tar.gz", {}, "an archive of its own"),
        ("notes.txt", {}, "no picture, by its name"),
        ("script.svg", {}, "no picture, by its name"),
        ("png", {}, "no picture, by its name"),
        ("odd.png", {"compress_type": 99}, "packed in another way than"),
    ],
)
def test_what_is_no_plain_file_is_skipped_and_told(name, facts, reason):
    archive = taken(("good.png", png(1)), (name, png(2)), **facts)
    assert archive.files == ("good.png",)
    ((path, why),) = archive.skipped
    assert why.startswith(reason)
    assert not any(ord(letter) < 32 or letter == "\u202e" for letter in path)


def test_a_name_that_ends_before_its_end_is_skipped_and_told():
    data = zipped(("good.png", png(1)), ("a.exe_.png", png(2))).getvalue()
    archive = take_in(io.BytesIO(data.replace(b"a.exe_", b"a.exe\0")), "mine.zip")
    assert archive.skipped == (("a.exe�.png", "its name has characters that can't be seen"),)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"not a picture", "no picture"),
        (png(side=40)[:900], "damaged or cut short"),
        (zipped(("a.png", png())).getvalue(), "a zip archive"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    ],
)
def test_what_is_no_picture_inside_is_skipped_and_told(data, reason):
    archive = taken(("good.png", png(1)), ("bad.png", data))
    assert archive.files == ("good.png",)
    ((path, why),) = archive.skipped
    assert path == "bad.png"
    assert reason in why
    assert "Zooscope reads" not in why


@pytest.mark.parametrize(
    "name", [".hidden.png", "__MACOSX/._a.png", "x/.git/a.png", "Thumbs.db", "x/.DS_Store", "x/"]
)
def test_what_systems_leave_behind_is_not_even_told_of(name):
    archive = taken(("good.png", png(1)), (name, png(2) if not name.endswith("/") else b""))
    assert (archive.files, archive.skipped) == (("good.png",), ())


def test_a_second_file_of_one_path_is_skipped():
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = taken(("a.png", png(1)), ("a.png", png(2)))
    assert archive.image(0).tobytes() == images.read(png(1)).tobytes()
    assert archive.skipped == (("a.png", "a second file of the same path"),)


def test_a_damaged_entry_is_skipped_and_told():
    data = bytearray(zipped(("good.png", png(1)), ("bad.png", png(2))).getvalue())
    at = data.index(b"bad.png") + len("bad.png") + 40
    data[at] ^= 0xFF
    archive = take_in(io.BytesIO(bytes(data)), "mine.zip")
    assert archive.files == ("good.png",)
    assert "damaged" in archive.skipped[0][1]


def test_more_pictures_than_a_set_may_have_are_left_out_and_counted(monkeypatch):
    monkeypatch.setattr("core.sets.entries.MOST", 2)
    archive = taken(*((f"{seed}.png", png(seed)) for seed in range(5)))
    assert (archive.files, archive.left_out) == (("0.png", "1.png"), 3)


# What is refused


def test_a_file_that_says_it_is_too_large_is_not_unpacked():
    archive = taken(("good.png", png(1)), ("large.png", png(2)), file_size=images.MAX_BYTES + 1)
    assert archive.skipped == (("large.png", "20 MB; 20 MB may be"),)


def test_a_file_that_is_packed_too_tightly_is_not_unpacked():
    archive = taken(("good.png", png(1)), ("tight.bmp", bytes(5_000_000)))
    assert "so tightly" in archive.skipped[0][1]


def test_a_file_that_goes_further_than_it_says_is_cut_off_in_time():
    """The declared size is a lie: 60 MB of nothing come where 1,000 bytes are declared."""
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", png(1))
        with archive.open("bomb.png", "w") as member:
            for _ in range(60):
                member.write(bytes(1_000_000))
        archive.infolist()[-1].file_size = 1000
    tracemalloc.start()
    found = take_in(large, "bomb.zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.files == ("good.png",)
    assert [path for path, _ in found.skipped] == ["bomb.png"]
    assert peak < 20_000_000


def test_an_archive_whose_pictures_come_to_too_much_is_refused(monkeypatch):
    members = [(f"{seed}.png", png(seed)) for seed in range(3)]
    total = sum(len(data) for _, data in members)
    monkeypatch.setattr("core.sets.entries.MAX_TOTAL", total)
    assert len(taken(*members, ("film.mp4", bytes(5000)))) == 3
    monkeypatch.setattr("core.sets.entries.MAX_TOTAL", total - 1)
    with pytest.raises(BadArchive, match="unpacked"):
        taken(*members)


def test_entries_are_counted_before_they_are_listed(monkeypatch):
    monkeypatch.setattr("core.sets.entries.MOST_ENTRIES", 3)
    monkeypatch.setattr("core.sets.entries.BLOCK", 7)  # no mark may hide between two blocks
    members = [(f"{number}.txt", b"") for number in range(2)]
    assert len(taken(("a.png", png()), *members)) == 1
    with pytest.raises(BadArchive, match="more than 3 entries"):
        taken(("a.png", png()), *members, ("c.txt", b""))


def test_entries_that_share_their_bytes_count_each():
    """A bomb of overlapping files: one body that many entries name (Fifield 2019, WOOT)."""
    data = zipped(("0000.png", png(side=500))).getvalue()
    start, end = data.index(entries.ENTRY), data.index(b"PK\x05\x06")
    entry, count = data[start:end], 3000
    listed = b"".join(entry.replace(b"0000", b"%04d" % number) for number in range(count))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(listed), start, 0)
    with pytest.raises(BadArchive, match=r"2\.3 GB unpacked"):
        take_in(io.BytesIO(data[:start] + listed + tail), "bomb.zip")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        b"PK\x03\x04 and then nothing",
        zipped(("a.png", png())).getvalue()[:-30],
        zipped(("a.png", png())).getvalue().replace(b"PK\x01\x02", b"PK\x01\x03"),
    ],
)
def test_what_is_no_zip_is_refused(data):
    with pytest.raises(BadArchive, match="no zip archive"):
        take_in(io.BytesIO(data), "mine.zip")


@pytest.mark.parametrize(
    "members", [[], [("x/", b"")], [(".a.png", png())], [("a.png", b"no"), ("b.txt", b"")]]
)
def test_without_a_picture_it_is_refused(members):
    with pytest.raises(BadArchive, match=r"no picture in mine\.zip"):
        taken(*members)


def test_the_refusal_says_what_was_skipped_first():
    with pytest.raises(BadArchive, match=r"b\.txt: no picture, by its name \(and 1 more\)"):
        taken(("a.png", b"no"), ("b.txt", b""))


@pytest.mark.parametrize("files", [[], [("a.png", b"")]])
def test_nothing_given_is_refused(files):
    with pytest.raises(BadArchive, match="Nothing was given"):
        given(*files)


def test_too_much_given_is_refused(monkeypatch):
    monkeypatch.setattr("core.sets.archive.MAX_UPLOAD", 1000)
    with pytest.raises(BadArchive, match="ZOOSCOPE_PICTURES"):
        given(("a.png", bytes(501)), ("b.png", bytes(500)))


# Progress, and the end


def test_progress_goes_picture_by_picture():
    members = [(f"{seed}.png", png(seed)) for seed in range(4)] + [("bad.png", b"no")]
    steps = [(p.step, p.total) for p in take_in_steps(zipped(*members), "mine.zip")]
    assert steps == [(index, 5) for index in range(5)]


def test_pictures_are_not_held_in_memory(monkeypatch):
    seen: list[weakref.ref] = []
    real = images.read

    def noting(source):
        img = real(source)
        seen.append(weakref.ref(img))
        return img

    monkeypatch.setattr(images, "read", noting)
    members = [(f"{seed}.png", png(seed, side=100)) for seed in range(20)]
    file = packed([("mine.zip", zipped(*members))])
    tracemalloc.start()
    archive = take_in(file, "mine.zip")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gc.collect()
    assert len(seen) == 20
    assert not any(ref() for ref in seen)
    assert archive.memory > 20 * 100 * 100 * 3 > 2 * held


def test_after_closing_nothing_is_read_any_more():
    archive = taken(("a.png", png()))
    archive.close()
    with pytest.raises(BrokenFile, match=r"a\.png"):
        archive.image(0)


def test_nothing_is_written_under_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    archive = given(("a.png", png()))
    assert archive.image(0).size == (12, 12)
    assert list(tmp_path.iterdir()) == []


def test_a_long_name_is_cut_where_it_is_told():
    archive = taken(("good.png", png()), ("x" * 5000 + ".txt", b""))
    assert len(archive.skipped[0][0]) == entries.LONGEST_TOLD
