"""A second opinion on a report: Python's own parsers of HTML and XML, and its own SHA-256.

usage: check_report.py FILE.html        prints what is wrong, one line each; exit code 1 if anything is
"""

import base64
import hashlib
import html.parser
import re
import sys
import xml.etree.ElementTree

VOID = {"meta", "input"}
ELEMENTS = set(
    "html head meta title style body svg defs pattern path circle use desc g text tspan header main footer section "
    "h1 h2 h3 p dl dt dd div ul li a form label input select option output table thead tbody tr th td figure "
    "figcaption details summary span small i script".split()
)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.script, self.policy = [], [], "", ""

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            self.wrong.append(f"element {tag}")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.wrong.append(f"attribute {name} of {tag}")
            if name in ("href", "src", "action", "xlink:href") and not (value or "").startswith("#"):
                self.wrong.append(f"{name}={value} leads outside")
            if name == "content" and dict(attrs).get("http-equiv") == "Content-Security-Policy":
                self.policy = value
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"unexpected </{tag}> at {self.getpos()}")

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.script += data

    def handle_comment(self, data):
        self.wrong.append("a comment")


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    wrong = page.wrong + [f"<{tag}> is not closed" for tag in page.open]
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        try:
            xml.etree.ElementTree.fromstring(svg)
        except xml.etree.ElementTree.ParseError as error:
            wrong.append(f"SVG: {error}: {svg[:80]}")
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    if f"script-src 'sha256-{digest}';" not in page.policy:
        wrong.append(f"the script's hash is sha256-{digest}, the policy says: {page.policy}")
    if re.search(r"url\((?!#)|@import|https?:", text.replace("http-equiv", "")):
        wrong.append("something leads outside")
    print("\n".join(wrong), end="")
    return 1 if wrong else 0


sys.exit(main())
