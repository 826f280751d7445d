"""An issuer host that answers over TCP, written with the package pyiso8583.

Arguments: the table (see pyiso_tables.py), the framing (binary2, ascii4, bcd2 or bcd2+tpdu). Prints its port and serves until
its standard input ends. The amount says what it does: 5100 is declined, 6800 gets no answer, all else is approved. A 0420 is
answered 00 if its original was seen, else 25.
"""

import socket
import sys
import threading

import iso8583

from pyiso_tables import TABLES

SPEC = TABLES[sys.argv[1]]
FRAMING = sys.argv[2]
TPDU = 5 if FRAMING.endswith("+tpdu") else 0
FOUR_DIGITS = sys.argv[1] == "host-2003-hex"
SEEN = set()


def code(two, four):
    return four if FOUR_DIGITS else two


def exactly(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def receive(stream):
    """The TPDU and the message."""
    if FRAMING == "ascii4":
        length = int(exactly(stream, 4))
    elif FRAMING.startswith("bcd2"):
        length = int(exactly(stream, 2).hex())
    else:
        length = int.from_bytes(exactly(stream, 2), "big")
    data = exactly(stream, length)
    return data[:TPDU], data[TPDU:]


def send(stream, tpdu, message):
    data = tpdu[:1] + tpdu[3:5] + tpdu[1:3] + bytes(message) if tpdu else bytes(message)
    if FRAMING == "ascii4":
        head = b"%04d" % len(data)
    elif FRAMING.startswith("bcd2"):
        head = bytes.fromhex("%04d" % len(data))
    else:
        head = len(data).to_bytes(2, "big")
    stream.sendall(head + data)


def answer(request):
    """The fields of the answer, or None."""
    kind = request["t"]
    reply = {"t": kind[:2] + str(int(kind[2]) + 1) + "0"}
    if kind == "0800":
        for field in ("7", "11", "70"):
            reply[field] = request[field]
        reply["39"] = code("00", "0000")
        return reply
    for field in ("3", "4", "7", "11", "12", "13", "32", "37", "41", "42", "49"):
        if field in request:
            reply[field] = request[field]
    if kind.startswith("04"):
        known = request["90"][4:20] in SEEN
        reply["39"] = code("00", "0000") if known else code("25", "1816")
        return reply
    if int(request["4"]) == 6800:
        SEEN.add(request["11"] + request["7"])
        return None
    if int(request["4"]) == 5100:
        reply["39"] = code("51", "1016")
        return reply
    SEEN.add(request["11"] + request["7"])
    reply["38"] = "PY" + request["11"][-4:]
    reply["39"] = code("00", "0000")
    return reply


def serve(stream):
    with stream:
        try:
            while True:
                tpdu, data = receive(stream)
                request, _ = iso8583.decode(data, SPEC)
                reply = answer(request)
                if reply is not None:
                    message, _ = iso8583.encode(reply, SPEC)
                    send(stream, tpdu, message)
        except (EOFError, OSError):
            pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def accept():
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=serve, args=(stream,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
sys.stdin.read()
