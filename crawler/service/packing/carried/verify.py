#!/usr/bin/env python3
"""核验电子证据包。只用 Python 标准库（3.8 及以上），不联网，不需要本系统。

用法：  python3 verify.py 证据包.zip
        python3 verify.py              （在解开的文件夹里）

逐项核对：压缩包结构、每个成员的大小与摘要、采集清单、证据链、锚点、原始记录（WARC）、审计记录、导出记录。
每个问题一行。返回码：0 全部相符；1 有不符；2 不是证据包或无法读取；3 相符，但制作时已有证据缺损。
"""

import hashlib
import json
import os
import re
import struct
import sys
import unicodedata
import zlib

FORMAT = "xunwang-evidence-pack/1"
MANIFEST = "manifest.json"
EXPORT = "export.json"
START = "0" * 64
BLOCK = 1 << 20
SLICE = 1 << 14  # zlib copies what it did not use: small slices keep tiny records cheap
MOST_MEMBERS = 20000
MOST_JSON = 256 << 20
MOST_RECORD = 128 << 20
DOS_TIME, DOS_DATE = 0, (1 << 5) | 1  # 1980-01-01 00:00
UTF8 = 0x800
KINDS = {
    "request": "请求原文",
    "response": "应答原文",
    "dom": "呈现后的网页",
    "picture": "首屏截图",
    "full_picture": "全页截图",
    "ocr": "图中文字",
    "body": "网页源文件",
    "certificate": "证书",
}
# What of a capture's records stands in its folder besides the WARC, and under which names.
FILES = {
    "dom": ("dom.html.txt",),
    "picture": ("picture.jpg", "picture.png"),
    "full_picture": ("full.jpg", "full.png"),
    "ocr": ("ocr.txt",),
}
NEEDED = {"核验说明.html"}
ALERT = "case/alert.json"
COPIES = ("text.txt", "picture-banner.jpg", "full-banner.jpg")
LITTER = (".ds_store", "thumbs.db", "desktop.ini")
FOREIGN = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
FOREIGN += (RecursionError,)


class NotAPack(Exception):
    """Nothing of this can be checked; the text says why."""


class Faults:
    """What does not hold, one line each."""

    def __init__(self):
        self.told = {}

    @property
    def lines(self):
        return list(self.told)

    def add(self, what, why):
        self.told["✗ %s：%s" % (shown(what), why)] = True


def shown(text):
    """On one line, with what turns or hides a line made visible."""
    kept = []
    for one in str(text)[:300]:
        hidden = unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        kept.append("[U+%04X]" % ord(one) if hidden else one)
    return "".join(kept)


def safe_name(name):
    """Whether a member may be called so: relative, plain, nothing that climbs or hides."""
    if not name or len(name) > 240 or "\\" in name or ":" in name or "\x00" in name:
        return False
    if any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co") for one in name):
        return False
    return all(part not in ("", ".", "..") for part in name.split("/"))


# ---- where the members come from ---------------------------------------------------------------


class Zipped:
    """A pack as one file. Its layout is fixed, so every byte of it can be accounted for."""

    def __init__(self, path, faults):
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size
        self.faults, self.litter = faults, []
        self.places = {}
        self._read_directory()

    def names(self):
        return self.places.keys()

    def length(self, name):
        return self.places[name][1]

    def blocks(self, name):
        at, left = self.places[name]
        self.file.seek(at)
        while left > 0:
            block = self.file.read(min(BLOCK, left))
            if not block:
                return
            left -= len(block)
            yield block

    def _read_directory(self):
        if self.size < 22:
            raise NotAPack("文件太小，不是压缩包")
        self.file.seek(max(0, self.size - 65557))
        tail = self.file.read()
        found = tail.rfind(b"PK\x05\x06")
        if found < 0 or len(tail) - found < 22:
            raise NotAPack("不是压缩包，或末尾已残缺")
        end = struct.unpack("<4s4H2LH", tail[found : found + 22])
        at = self.size - len(tail) + found
        if end[7] or at + 22 != self.size:
            self.faults.add("压缩包", "目录之后另有内容")
        if end[1] or end[2] or end[3] != end[4]:
            self.faults.add("压缩包", "末尾记录被改动")
        if end[4] > MOST_MEMBERS:
            raise NotAPack("成员多于 %d 个" % MOST_MEMBERS)
        if end[6] + end[5] != at:
            self.faults.add("压缩包", "目录位置与末尾记录不符")
        self.file.seek(min(end[6], at))
        directory = self.file.read(max(at - end[6], 0))
        self._read_entries(directory, end[4], end[6])

    def _read_entries(self, directory, count, ends_at):
        at, expected, crcs = 0, 0, {}
        for _ in range(count):
            fixed = directory[at : at + 46]
            if len(fixed) < 46 or fixed[:4] != b"PK\x01\x02":
                raise NotAPack("压缩包目录已残缺")
            one = struct.unpack("<4s4B4HL2L5H2L", fixed)
            crc, packed, size = one[9], one[10], one[11]
            name_length, extra, comment = one[12], one[13], one[14]
            raw = directory[at + 46 : at + 46 + name_length]
            at += 46 + name_length + extra + comment
            name = decoded(raw)
            if name is None or not safe_name(name):
                self.faults.add(raw.decode("utf-8", "replace"), "成员名不安全，已跳过")
                continue
            if name in self.places:
                self.faults.add(name, "成员重名")
                continue
            if fixed != expected_entry(raw, crc, size, one[18]) or packed != size:
                self.faults.add(name, "压缩包目录中的登记被改动（应不压缩、不加密、无附加内容）")
            start = one[18]
            if start != expected:
                self.faults.add(name, "成员之间有不属于任何成员的内容，或位置被改动")
            if start < expected or packed != size:
                continue  # overlapping or packed members are how a small file grows large
            self.file.seek(start)
            head = self.file.read(30 + len(raw))
            if head != expected_head(raw, crc, size):
                self.faults.add(name, "成员头被改动")
            data = start + 30 + len(raw)
            if data + size > ends_at:
                self.faults.add(name, "内容残缺")
                size = max(0, ends_at - data)
            self.places[name] = (data, size)
            crcs[name] = crc
            expected = data + size
        if expected != ends_at or at != len(directory):
            self.faults.add("压缩包", "另有不属于任何成员的内容")
        for name, crc in crcs.items():
            total = 0
            for block in self.blocks(name):
                total = zlib.crc32(block, total)
            if total != crc:
                self.faults.add(name, "内容与压缩包登记的校验码不符")


def decoded(raw):
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def flags_of(raw):
    return 0 if all(byte < 128 for byte in raw) else UTF8


def expected_entry(raw, crc, size, start):
    """The directory's fixed part as this kind of pack always has it."""
    return struct.pack(
        "<4s4B4HL2L5H2L",
        b"PK\x01\x02",
        20,
        3,
        20,
        0,
        flags_of(raw),
        0,
        DOS_TIME,
        DOS_DATE,
        crc,
        size,
        size,
        len(raw),
        0,
        0,
        0,
        0,
        0o100644 << 16,
        start,
    )


def expected_head(raw, crc, size):
    """The head before a member's bytes as this kind of pack always has it."""
    return (
        struct.pack(
            "<4s2B4HL2L2H",
            b"PK\x03\x04",
            20,
            0,
            flags_of(raw),
            0,
            DOS_TIME,
            DOS_DATE,
            crc,
            size,
            size,
            len(raw),
            0,
        )
        + raw
    )


class Unpacked:
    """A pack that somebody unpacked into a folder."""

    def __init__(self, folder, faults):
        self.paths, self.litter = {}, []
        for top, folders, files in os.walk(folder):
            self._leave(folder, top, folders, files)
            folders.sort()
            for one in sorted(folders + files):
                path = os.path.join(top, one)
                name = os.path.relpath(path, folder).replace(os.sep, "/")
                if os.path.islink(path):
                    faults.add(name, "是链接，不是包里的文件")
                elif os.path.isfile(path):
                    self.paths[name] = path
            if len(self.paths) > MOST_MEMBERS:
                raise NotAPack("文件夹里的文件太多，请把证据包解到单独的文件夹")

    def _leave(self, folder, top, folders, files):
        """What a desktop puts into every folder is no part of the pack; it is named, not read."""
        for names in (folders, files):
            for one in list(names):
                if one.lower() in LITTER or one == "__MACOSX" or one.startswith("._"):
                    names.remove(one)
                    path = os.path.relpath(os.path.join(top, one), folder)
                    self.litter.append(path.replace(os.sep, "/"))

    def names(self):
        return self.paths.keys()

    def length(self, name):
        return os.path.getsize(self.paths[name])

    def blocks(self, name):
        with open(self.paths[name], "rb") as file:
            while True:
                block = file.read(BLOCK)
                if not block:
                    return
                yield block


# ---- what is checked ---------------------------------------------------------------------------


def read_json(pack, name, faults):
    """A member as a value; None if it is none."""
    if name not in pack.names() or pack.length(name) > MOST_JSON:
        faults.add(name, "缺失" if name not in pack.names() else "过大")
        return None
    try:
        return json.loads(b"".join(pack.blocks(name)).decode("utf-8"))
    except (ValueError, UnicodeDecodeError, RecursionError):
        faults.add(name, "无法解析")
        return None


def digests(pack, name, with_sm3):
    sha, sm3 = hashlib.sha256(), hashlib.new("sm3") if with_sm3 else None
    for block in pack.blocks(name):
        sha.update(block)
        if sm3 is not None:
            sm3.update(block)
    return sha.hexdigest(), sm3.hexdigest() if sm3 is not None else ""


def has_sm3():
    try:
        hashlib.new("sm3")
    except ValueError:
        return False
    return True


def check_members(pack, manifest, faults):
    """Every listed member is there, as long and with the digests as listed, and none besides."""
    listed = {}
    for one in manifest["members"]:
        path = str(one["path"])
        if path in listed:
            faults.add(path, "清单中登记了两次")
        listed[path] = one
    there = set(pack.names())
    for path in sorted(there - set(listed) - {MANIFEST, EXPORT}):
        faults.add(path, "清单之外的文件（被加入或改名）")
    folded = {}
    for path in sorted(set(listed) | there):
        if folded.setdefault(path.casefold(), path) != path:
            faults.add(path, "与另一文件只差大小写，解包时会互相覆盖")
    for path in sorted(NEEDED - set(listed)):
        faults.add(path, "清单中没有（应有的文件）")
    sm3 = has_sm3()
    for path, one in listed.items():
        if path not in there:
            faults.add(path, "缺失（被删除或改名）")
        elif pack.length(path) != one["size"]:
            faults.add(path, "大小 %d 与登记的 %s 不符" % (pack.length(path), one["size"]))
        else:
            found = digests(pack, path, sm3)
            if found[0] != one["sha256"]:
                faults.add(path, "SHA-256 与登记的不符")
            elif sm3 and found[1] != one["sm3"]:
                faults.add(path, "SM3 与登记的不符")
    lines = ["%s  %s\n" % (o["sha256"], p) for p, o in listed.items() if o["role"] == "evidence"]
    root = hashlib.sha256("".join(sorted(lines)).encode("utf-8")).hexdigest()
    if root != manifest["evidence_root"]:
        faults.add(MANIFEST, "证据总校验值不符")
    return listed


def check_captures(pack, manifest, listed, faults):
    """The manifest of each capture is the one that the chain links, and what it says was kept is
    here; gives the records that the WARC must hold.
    """
    kept, expected = {}, {str(manifest["warc"]): ((), "", "原始记录（WARC）")}
    excused = {str(one.get("stored_sha256", "")) for one in manifest["faults"]}
    for one in manifest["captures"]:
        path = str(one["folder"]) + "/manifest.json"
        expected[path] = ((path,), one["manifest_sha256"], "采集清单")
        if path not in listed or path not in pack.names():
            faults.add(path, "采集 %s 没有清单" % shown(one["id"]))
            continue
        content = b"".join(pack.blocks(path))
        if hashlib.sha256(content).hexdigest() != one["manifest_sha256"]:
            faults.add(path, "采集清单与证据链登记的摘要不符")
        try:
            told = json.loads(content.decode("utf-8"))
        except ValueError:
            faults.add(path, "无法解析")
            continue
        if told.get("id") != one["id"]:
            faults.add(path, "不是采集 %s 的清单" % shown(one["id"]))
        for record in told.get("evidence", ()):
            kept[record["stored_sha256"]] = (one, record)
        expected.update(pieces_of(str(one["folder"]), told, excused))
    for digest in sorted(excused - set(kept)):
        faults.add(MANIFEST, "登记为缺损的 %s 不是任何一次采集的记录" % shown(digest[:16]))
    check_pieces(manifest, listed, expected, faults)
    return kept, excused


def pieces_of(folder, told, excused):
    """What must lie in a capture's folder by its own manifest: {name: (names, digest, what)}. One
    whose record was broken when the pack was made may be absent (its digest is in brackets).
    """
    found = {}

    def want(names, digest, kind, stored=""):
        names = tuple(folder + "/" + name for name in names)
        found[names[0]] = (names, [digest] if stored in excused else digest, KINDS[kind])

    records = told.get("evidence", ())
    for record in records:
        if record["kind"] in FILES:
            kind = record["kind"]
            want(FILES[kind], record["sha256"], kind, record["stored_sha256"])
    answers = [one["stored_sha256"] for one in records if one["kind"] == "response"]
    if told.get("fetcher") == "http" and answers and told.get("body_sha256"):
        want(("body.raw",), told["body_sha256"], "body", answers[-1])
    tls = told.get("tls") or {}
    if tls.get("certificate_der"):
        want(("certificate.der",), tls.get("certificate_sha256"), "certificate")
    return found


def check_pieces(manifest, listed, expected, faults):
    """The evidence that is here is the evidence that the captures' manifests tell of, both ways;
    the pack's own manifest is an index and proves nothing.
    """
    by_name = {}
    for first, (names, digest, what) in expected.items():
        there = [n for n in names or (first,) if n in listed and listed[n]["role"] == "evidence"]
        if not there and not isinstance(digest, list):
            faults.add(first, "缺%s" % what)
        for name in there[:1]:
            by_name[name] = digest[0] if isinstance(digest, list) else digest
    copies = {"%s/%s" % (one["folder"], name) for one in manifest["captures"] for name in COPIES}
    for path, one in listed.items():
        if path in by_name:
            if by_name[path] not in ("", one["sha256"]):
                faults.add(path, "与采集清单记载的摘要不符")
        elif one["role"] == "evidence":
            faults.add(path, "不是任何一次采集的证据")
        elif path.startswith(("captures/", "warc/")) and path not in copies:
            faults.add(path, "不属于任何一次采集")


def check_chain(pack, manifest, faults):
    """Each capture's link follows from the one before, and leads to the anchors there are."""
    chain = read_json(pack, manifest["chain"], faults)
    if chain is None:
        return 0
    heads, ends = {}, {}
    for stretch in chain["stretches"]:
        name, seq, link = stretch["chain"], stretch["from"] - 1, stretch["previous"]
        if seq == 0 and link != START:
            faults.add(manifest["chain"], "证据链 %s 的起点不是零" % shown(name))
        for digest in stretch["digests"]:
            seq += 1
            link = hashlib.sha256(("%s|%d|%s" % (link, seq, digest)).encode("ascii")).hexdigest()
            if heads.setdefault((name, seq), (digest, link)) != (digest, link):
                faults.add(manifest["chain"], "证据链第 %d 环登记了两种内容" % seq)
        for at in range(stretch["from"], seq + 1):
            ends[(name, at)] = max(seq, ends.get((name, at), 0))
    for one in manifest["captures"]:
        link = one.get("link")
        if not link:
            faults.add(one["folder"], "采集 %s 没有证据链环节" % shown(one["id"]))
        elif heads.get((link["chain"], link["seq"])) != (one["manifest_sha256"], link["link"]):
            faults.add(one["folder"], "证据链第 %s 环与采集清单不衔接" % shown(link["seq"]))
    held = check_anchors(pack, chain, heads, manifest, faults)
    return sum(not anchored(one.get("link"), ends, held) for one in manifest["captures"])


def anchored(link, ends, held):
    """Whether an anchor's head follows on a capture's link without a gap."""
    if not link:
        return False
    last = ends.get((link["chain"], link["seq"]), 0)
    return any(name == link["chain"] and link["seq"] <= seq <= last for name, seq in held)


def check_anchors(pack, chain, heads, manifest, faults):
    """Anchors are what they say and lie on the chain; gives the places of the heads that do and
    were told to somebody outside.
    """
    held, tokens = set(), set()
    for anchor in chain["anchors"]:
        for name, (seq, link) in anchor["heads"].items():
            known = heads.get((name, seq))
            if known is None:
                continue
            if anchor["outside"]:  # else nobody but us ever held it
                held.add((name, seq))
            if known[1] != link:
                faults.add(
                    manifest["chain"], "证据链到第 %d 环与锚点 %s 不符" % (seq, shown(anchor["id"]))
                )
        told = hashlib.sha256(anchor["statement"].encode("utf-8")).hexdigest()
        if told != anchor["statement_sha256"]:
            faults.add(manifest["chain"], "锚点 %s 的陈述被改动" % shown(anchor["id"]))
        try:
            said = {n: [s, k] for n, (s, k) in json.loads(anchor["statement"])["heads"].items()}
        except (ValueError, KeyError, TypeError):
            said = None
        if said != anchor["heads"]:
            faults.add(manifest["chain"], "锚点 %s 的陈述与其链首不符" % shown(anchor["id"]))
        token = anchor.get("token")
        tokens.add(token)
        if token and token not in pack.names():
            faults.add(token, "缺锚点 %s 的时间戳" % shown(anchor["id"]))
        elif token and bytes.fromhex(told) not in b"".join(pack.blocks(token)):
            faults.add(token, "时间戳不是盖在锚点 %s 上的" % shown(anchor["id"]))
    for name in pack.names():
        if name.startswith("chain/") and name != manifest["chain"] and name not in tokens:
            faults.add(name, "不是任何一个锚点的时间戳")
    return held


def check_warc(pack, manifest, kept, excused, faults):
    """Every kept record is in the WARC, unchanged; nothing else is."""
    name = manifest["warc"]
    if name not in pack.names():
        faults.add(name, "缺失")
        return 0
    missing, at = dict(kept), 0
    for member, block in gzip_members(pack, name, faults):
        at += 1
        if at > len(kept) + 1:  # one more than the captures and the head: nobody reads on for ever
            faults.add(name, "记录多于登记的 %d 条，其后未核" % len(kept))
            break
        if member in missing:
            capture, record = missing.pop(member)
            if block.digest() != record["sha256"]:
                faults.add(
                    name, "采集 %s 的%s记录内容不符" % (shown(capture["id"]), kind_of(record))
                )
        elif at > 1 or block.kind != b"warcinfo":
            faults.add(name, "第 %d 条记录不是登记过的" % at)
    for stored, (capture, record) in missing.items():
        if stored not in excused:
            faults.add(name, "缺采集 %s 的%s记录" % (shown(capture["id"]), kind_of(record)))
    return len(kept) - len(missing)


def kind_of(record):
    return KINDS.get(record.get("kind"), shown(record.get("kind", "")))


def gzip_members(pack, name, faults):
    """(digest of the member as it lies, its record), one record at a time."""
    slices, rest = slices_of(pack, name), b""
    while True:
        reader, stored, record, began = zlib.decompressobj(31), hashlib.sha256(), Record(), False
        while not reader.eof:
            rest = rest or next(slices, b"")
            if not rest:
                if began:
                    faults.add(name, "末尾记录残缺")
                return
            began = True
            try:
                made = reader.decompress(rest, BLOCK)
            except zlib.error:
                faults.add(name, "记录无法解压，其后未核")
                return
            used = len(rest) - len(reader.unconsumed_tail) - len(reader.unused_data)
            stored.update(rest[:used])
            rest = rest[used:]
            record.take(made)
            if record.size > MOST_RECORD:
                faults.add(name, "记录过大，其后未核")
                return
        yield stored.hexdigest(), record


def slices_of(pack, name):
    for block in pack.blocks(name):
        for at in range(0, len(block), SLICE):
            yield block[at : at + SLICE]


class Record:
    """Hashes the block of a WARC record as it comes: what stands between its head and its end."""

    def __init__(self):
        self.size, self.held, self.inside, self.kind = 0, b"", False, b""
        self.sha = hashlib.sha256()

    def take(self, made):
        self.size += len(made)
        self.held += made
        if not self.inside:
            head = self.held.find(b"\r\n\r\n")
            if head < 0 and len(self.held) < BLOCK:
                return
            named = re.search(rb"(?im)^WARC-Type:[ \t]*([a-z]+)[ \t]*\r$", self.held[:head])
            self.kind = named.group(1) if named else b""
            self.inside, self.held = True, self.held[head + 4 :] if head >= 0 else b""
        self.sha.update(self.held[:-4])
        self.held = self.held[-4:]

    def digest(self):
        return self.sha.hexdigest()


def check_audit(pack, manifest, faults):
    """Each entry bears the hash of its own words and of the entry before."""
    entries = read_json(pack, manifest["audit"], faults)
    for one in entries or ():
        hasher = hashlib.sha256()
        words = [one["prev"], str(one["seq"])]
        words += [one[key] for key in ("at", "actor", "action", "object", "region")]
        for word in words + [one["before"], one["after"]]:
            raw = word.encode("utf-8", "surrogatepass")
            hasher.update(b"%d:" % len(raw) + raw)
        if hasher.hexdigest() != one["hash"]:
            faults.add(manifest["audit"], "审计第 %s 条被改动" % shown(one["seq"]))
    return len(entries or ())


def check_about(pack, manifest, faults):
    """What the case's data files say is of this alert and of this site."""
    if "alert" not in manifest:
        return  # a family's
    told = read_json(pack, ALERT, faults)
    if told is None:
        return
    if told["alert"]["id"] != manifest["alert"]:
        faults.add(
            ALERT,
            "是预警 %s 的，清单是预警 %s 的"
            % (shown(told["alert"]["id"]), shown(manifest["alert"])),
        )


def check_export(pack, manifest_bytes, faults):
    """The export record names this very manifest."""
    record = read_json(pack, EXPORT, faults)
    if not isinstance(record, dict):
        faults.add(EXPORT, "不是导出记录")
        return {}
    told = dict(record)
    own = told.pop("record_sha256", "")
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(plain.encode("utf-8")).hexdigest() != own:
        faults.add(EXPORT, "导出记录被改动")
    expected = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    if b"".join(pack.blocks(EXPORT)) != expected.encode("utf-8"):
        faults.add(EXPORT, "导出记录的写法被改动")
    if hashlib.sha256(manifest_bytes).hexdigest() != record.get("manifest_sha256"):
        faults.add(MANIFEST, "与导出记录登记的摘要不符")
    return record


# ---- the whole ---------------------------------------------------------------------------------


def opened(path, faults):
    if os.path.isdir(path):
        return Unpacked(path, faults)
    if not os.path.isfile(path):
        raise NotAPack("没有这个文件或文件夹")
    return Zipped(path, faults)


def verify(path):
    """All faults, the manifest, and what was counted."""
    faults = Faults()
    pack = opened(path, faults)
    if MANIFEST not in pack.names():
        raise NotAPack("里面没有 %s" % MANIFEST)
    if pack.length(MANIFEST) > MOST_JSON:
        raise NotAPack("%s 过大" % MANIFEST)
    raw = b"".join(pack.blocks(MANIFEST))
    manifest, counts = {}, {"litter": pack.litter}
    try:
        manifest = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        faults.add(MANIFEST, "无法解析")
        return faults, manifest, counts
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise NotAPack("%s 不是本格式（%s）的清单" % (MANIFEST, FORMAT))
    at = EXPORT
    try:
        record = check_export(pack, raw, faults)
        at = MANIFEST
        if record.get("evidence_root") != manifest["evidence_root"]:
            faults.add(EXPORT, "登记的证据总校验值与清单不符")
        counts["root"], counts["sha256"] = manifest["evidence_root"], record.get("manifest_sha256")
        counts["broken"] = [
            "采集 %s 的%s：%s"
            % (shown(f.get("capture", "")), kind_of(f), shown(f.get("reason", "")))
            for f in manifest["faults"]
        ]
        listed = check_members(pack, manifest, faults)
        kept, excused = check_captures(pack, manifest, listed, faults)
        counts["members"], counts["captures"] = len(listed), len(manifest["captures"])
        counts["loose"] = check_chain(pack, manifest, faults)
        counts["records"] = check_warc(pack, manifest, kept, excused, faults)
        counts["audit"] = check_audit(pack, manifest, faults)
        check_about(pack, manifest, faults)
    except FOREIGN as error:
        faults.add(at, "内容不合格式（%s）" % type(error).__name__)
    return faults, manifest, counts


def say(text):
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def main(arguments):
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        say((__doc__ or "").strip())
        return 2
    path = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        faults, _, counts = verify(path)
    except NotAPack as refusal:
        say("✗ 无法核验：%s" % refusal)
        return 2
    except (OSError, MemoryError) as error:
        say("✗ 无法读取：%s" % shown(error))
        return 2
    for line in faults.lines:
        say(line)
    for name in counts["litter"]:
        say("  提示：电脑自动生成的 %s 不是包里的文件，没有核。" % shown(name))
    if faults.lines:
        say("共 %d 处不符。" % len(faults.lines))
        return 1
    return say_sound(counts)


def say_sound(counts):
    """What holds within the pack, and what only a comparison outside of it can show."""
    say(
        "✓ %(members)d 个文件、%(captures)d 次采集、%(records)d 条原始记录、"
        "%(audit)d 条审计记录与登记一致，证据链完好。" % counts
    )
    say("  证据总校验值 %s" % shown(counts["root"]))
    say("    只涵盖采集的原件（captures/、warc/；不含其中的 text.txt 和 *-banner.jpg）；")
    say("    与签过名的笔录上的值比对。")
    say("  清单 SHA-256 %s" % shown(counts["sha256"]))
    say("    涵盖其余一切：命中、研判、备案、复核、文书、核验说明；与原系统审计记录")
    say("    （evidence.export）里的值比对。两个值都须比对：包内程序识不破整包重做。")
    if counts["loose"]:
        say(
            "  提示：包内没有覆盖其中 %d 次采集的外部锚点，其时间以本机时钟为准。" % counts["loose"]
        )
    if not has_sm3():
        say("  提示：本机 Python 不支持 SM3，只核了 SHA-256。")
    for reason in counts["broken"]:
        say("▲ 制作本包时已缺损：%s" % reason)
    return 3 if counts["broken"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
