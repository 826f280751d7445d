"""Field tables for the package pyiso8583, each written from the description of the fields in crates/cards/data and in
crates/sandbox/data: the package's own `default_ascii`, changed where ours differs from it on purpose.
"""

import copy

from iso8583.specs import default_ascii

BINARY = ("52", "64", "96", "128")
TRACKS = ("35", "36")
# Numbers and track data; of the rest, signed amounts and letters stay ASCII.
DIGITS = (
    ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22"]
    + ["23", "24", "25", "26", "27", "32", "33", "35", "36", "49", "50", "51", "53", "66", "67", "68", "69", "70", "71"]
    + ["72", "73", "74", "75", "76", "77", "78", "79", "80", "81", "82", "83", "84", "85", "86", "87", "88", "89", "90"]
    + ["93", "99", "100"]
)


def ascii_table():
    spec = copy.deepcopy(default_ascii)
    for field in ("p", "1"):
        spec[field].update(data_enc="b", max_len=8)
    for field in BINARY:
        spec[field].update(data_enc="b", max_len=8)
    spec["54"].update(max_len=120)
    spec["55"].update(data_enc="b", max_len=255)
    return spec


def prefixes(spec, encoding):
    """One byte for LL, two for LLL."""
    for field in spec.values():
        if field["len_type"]:
            field.update(len_enc=encoding, len_type=1 if field["len_type"] == 2 else 2)


def bcd_table():
    spec = ascii_table()
    spec["t"].update(data_enc="b", max_len=2)
    prefixes(spec, "bcd")
    for field in DIGITS:
        pad = {"right_pad": "F"} if field in TRACKS or field == "2" else {"left_pad": "0"}
        spec[field].update(data_enc="b", len_count="nibbles", **pad)
    return spec


def host_2003_hex_table():
    spec = ascii_table()
    for field in ("p", "1"):
        spec[field].update(data_enc="ascii", max_len=16)
    prefixes(spec, "b")
    spec["2"].update(data_enc="b", len_count="nibbles", left_pad="0")
    spec["35"].update(data_enc="b", len_count="nibbles", right_pad="F", len_enc="bcd")
    spec["39"].update(max_len=4)
    spec["48"].update(len_enc="bcd", len_type=2, max_len=2000)
    # Hexadecimal digits are text to the package, and its lengths count them; ours counts the bytes.
    spec["52"].update(data_enc="ascii", max_len=16)
    return spec


TABLES = {"ascii": ascii_table(), "bcd": bcd_table(), "host-2003-hex": host_2003_hex_table()}
