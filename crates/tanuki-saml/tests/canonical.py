"""Random documents and their canonical form by libxml2, one JSON object a line.

    python canonical.py SEED COUNT
"""

import json
import random
import sys

from lxml import etree

PREFIXES = ["", "a", "b", "c", "saml", "ds"]
# Without & and <, which libxml2 writes as they are, against the specification.
NAMESPACES = ["urn:one", "urn:two", "http://three.example/x?y=1;z=2", "urn:%C3%9C"]
NAMES = ["x", "y", "Assertion", "größe", "a-b.c_d", "x1"]
TEXTS = ["", " ", "\n  ", "text", "&amp;", "&lt;", "&gt;", "&quot;", "'", "&#13;", "&#xA;", "\t", "é", "😀", "]]&gt;", "\r\n"]


class Document:
    def __init__(self, chance):
        self.chance = chance
        self.left = chance.randint(1, 40)
        self.count = 0

    def text(self):
        return "".join(self.chance.choice(TEXTS) for _ in range(self.chance.randint(0, 3)))

    def value(self):
        return self.text().replace('"', "&quot;").replace("]]&gt;", "")

    def element(self, scope, depth):
        chance = self.chance
        scope = dict(scope)
        declared = {}
        for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 3])):
            prefix = chance.choice(PREFIXES)
            declared[prefix] = chance.choice(NAMESPACES + [""] if prefix == "" else NAMESPACES)
        scope.update(declared)
        usable = [prefix for prefix in scope if prefix]
        attributes = []
        taken = set()
        for _ in range(chance.choice([0, 0, 1, 2, 4])):
            prefix = chance.choice(usable + ["", "", "xml"])
            name = chance.choice(["lang", "space"] if prefix == "xml" else NAMES)
            key = (scope.get(prefix, prefix) if prefix else "", name)
            if key in taken:
                continue
            taken.add(key)
            value = "preserve" if (prefix, name) == ("xml", "space") else self.value()
            attributes.append(f'{prefix + ":" if prefix else ""}{name}="{value}"')
        attributes.append(f'n="{self.count}"')
        self.count += 1
        for prefix, uri in declared.items():
            uri = uri.replace("&", "&amp;")
            attributes.append(f'xmlns{":" + prefix if prefix else ""}="{uri}"')
        chance.shuffle(attributes)
        prefix = chance.choice(usable + [""])
        name = f'{prefix + ":" if prefix else ""}{chance.choice(NAMES)}'
        inside = self.text()
        while self.left > 0 and depth < 12 and chance.random() < 0.7:
            self.left -= 1
            inside += self.element(scope, depth + 1) + self.text()
        space = chance.choice([" ", "\n", "  "])
        start = f"<{name}{space}{space.join(attributes)}{chance.choice(['', ' '])}"
        return f"{start}/>" if inside == "" and chance.random() < 0.5 else f"{start}>{inside}</{name}>"


def main():
    chance = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        text = Document(chance).element({}, 0)
        root = etree.fromstring(text.encode())
        elements = list(root.iter())
        apex = chance.choice(elements)
        others = [element for element in apex.iter() if element is not apex]
        omitted = chance.choice(others) if others and chance.random() < 0.5 else None
        # Without #default, which lxml does not hand on to libxml2.
        prefixes = chance.sample(["a", "b", "c", "saml", "none"], chance.choice([0, 0, 1, 2]))
        made = {
            "text": text,
            "apex": apex.get("n"),
            "omitted": omitted.get("n") if omitted is not None else None,
            "prefixes": prefixes,
        }
        apex.tail = None
        if omitted is not None:
            # What stands after it stays.
            before, parent = omitted.getprevious(), omitted.getparent()
            if before is not None:
                before.tail = (before.tail or "") + (omitted.tail or "")
            else:
                parent.text = (parent.text or "") + (omitted.tail or "")
            parent.remove(omitted)
        canonical = etree.tostring(apex, method="c14n", exclusive=True, inclusive_ns_prefixes=prefixes or None)
        made["canonical"] = canonical.decode()
        print(json.dumps(made))


main()
