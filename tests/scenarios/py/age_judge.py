"""Judges sealed files. `new`: prints a recipient and its identity. `open IDENTITY FILE`: prints what is in the file; another identity, and a
file with a changed byte, must not open."""

import sys

import pyrage

if sys.argv[1] == "new":
    identity = pyrage.x25519.Identity.generate()
    print(identity.to_public())
    print(identity)
else:
    identity = pyrage.x25519.Identity.from_str(sys.argv[2])
    sealed = open(sys.argv[3], "rb").read()
    plain = pyrage.decrypt(sealed, [identity])
    # The ends of lines of the text form are not the content's.
    places = [at for at in range(0, len(sealed), 97) if sealed[at] != 10]
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in places]
    for bad in [*changed, sealed.rstrip()[:-1]]:
        try:
            pyrage.decrypt(bad, [identity])
        except pyrage.DecryptError:
            continue
        raise SystemExit("a changed file was opened")
    try:
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
        raise SystemExit("another identity opened it")
    except pyrage.DecryptError:
        pass
    sys.stdout.buffer.write(plain)
