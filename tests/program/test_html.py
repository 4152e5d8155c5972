#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report in a real browser: opened, read, folded, searched, printed, on a desk and on a telephone.

    test_html.py PATH_TO_scepscope SOURCE_DIR

Needs Chromium with its driver, python3-selenium, python3-html5lib and pdftotext; ends with 77, "skipped", without them.
html5lib is the validator: it parses as the HTML standard says and names every deviation, needs no network, and is in
Debian (tidy there is too old to know that a heading may stand in a <summary>).
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import html5lib
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError as missing:
    # Debian's modules belong to Debian's Python, which need not be the first one here.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print(f"skipped: {missing}")
    sys.exit(77)

from test_cli import Conversation, get, pcap, refused_by_httpsys, reply

PROGRAM = ""
SOURCE = pathlib.Path()
DESK, TELEPHONE = (1280, 900), (360, 740)
HOSTILE = "\"><script>window.ran=1</script><img src=x onerror='window.ran=2'>&\u202e"
HOSTILE_NAME = "\"><img src=x onerror='window.ran=4'>\u202e"  # names have at most 64 characters


def shown(text):
    """What reorders text is spelt out, byte by byte, as clean text has it."""
    return text.replace("\u202e", "\\xe2\\x80\\xae")


FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage""".split()

# WCAG 2.1, 1.4.3: 4.5 for text, 3 for what is large.
CONTRAST = """
function rgb(text){var n=text.match(/[0-9.]+/g).map(Number);return n.length>3&&n[3]===0?null:n;}
function behind(e){for(;e;e=e.parentElement){var c=rgb(getComputedStyle(e).backgroundColor);if(c)return c;}return [255,255,255];}
function light(c){var l=c.slice(0,3).map(function(v){v/=255;return v<=0.03928?v/12.92:Math.pow((v+0.055)/1.055,2.4);});
 return 0.2126*l[0]+0.7152*l[1]+0.0722*l[2];}
return Array.from(document.querySelectorAll(arguments[0])).slice(0,40).filter(function(e){return e.getClientRects().length;})
 .map(function(e){var s=getComputedStyle(e),own=rgb(e.namespaceURI.indexOf('svg')>0?s.fill:s.color);
 var a=light(own),b=light(behind(e));return [(Math.max(a,b)+0.05)/(Math.min(a,b)+0.05),e.textContent.slice(0,40)];});
"""
TEXTS = """h1, h2, h3, h4, p, li, dt, dd, td, th, caption, summary, code, small, .mark, .meta, .level, a:not(svg a), button, figcaption,
    svg text""".split(", ")


def run(*args, text=False, **kwargs):
    done = subprocess.run([PROGRAM, *args], capture_output=True, timeout=300, check=False, cwd=SOURCE, text=text, **kwargs)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout


def many(talks):
    """pcap() for conversations that follow one another, without its sorting and its growing string."""
    head = pcap()
    return head + b"".join(pcap(talk)[len(head):] for talk in talks)


class Html(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.dir = pathlib.Path(cls.folder.name)
        options = Options()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, f"--user-data-dir={cls.dir / 'profile'}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        cls.addClassCleanup(cls.browser.quit)

    def setUp(self):
        self.look()
        self.script(True)

    # ---- helpers ----

    def look(self, size=DESK, scheme="light"):
        width, height = size
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                     {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size is TELEPHONE})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                     {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def script(self, on):
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})

    def report(self, *args):
        """The page as bytes, opened in the browser. Nothing may be said on the console, and nothing asked of a network."""
        page = run("-T", "html", *args)
        path = self.dir / "report.html"
        path.write_bytes(page)
        self.browser.get_log("performance")
        self.browser.get_log("browser")
        self.browser.get("about:blank")
        self.browser.get(path.as_uri())
        self.addCleanup(self.check_quiet)
        return page.decode()

    def check_quiet(self):
        self.assertEqual(self.browser.get_log("browser"), [])
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        self.assertEqual([url for url in asked if not url.startswith(("file:", "data:", "about:"))], [])

    def capture(self, name):
        return str(SOURCE / "pcaps" / name)

    def text(self, css):
        return self.browser.find_element(By.CSS_SELECTOR, css).text

    def texts(self, css):
        return [element.get_attribute("textContent") for element in self.browser.find_elements(By.CSS_SELECTOR, css)]

    def js(self, code, *args):
        return self.browser.execute_script(code, *args)

    # ---- reading ----

    def test_tells_verdict_cause_and_evidence(self):
        self.report(self.capture("demo.pcapng"))
        self.assertIn("Problems", self.text("#verdict h2"))
        self.assertIn("1 of 2 enrolments failed", self.text("#verdict .sentence"))
        self.assertIn("IIS Manager", self.text("#verdict .first"))
        first = self.text(".finding.error")
        for words in ("Error:", "http-404-querylen", "certain", "What to do", "Likely causes", "What confirms it", "sc-substatus 15"):
            self.assertIn(words, first)
        self.assertEqual(self.text(".finding.error .filter"), "frame.number in {64,80}")
        self.assertEqual(self.texts("section > h2"), ["Problems", "Findings", "Enrolments", "Exchanges", "Connections",
                                                       "Certificates", "The capture", "What this capture could not show"])

    def test_draws_ladders_with_times_frames_and_findings(self):
        self.report(self.capture("policy-false.pcapng"))
        self.assertEqual(self.texts("svg.ladder text.lane"), ["Device", "NDES", "Policy module"])
        labels = self.texts("svg.ladder .label")
        self.assertEqual([labels[0], labels[-1]], ["GetCACaps", "200 FAILURE badRequest"])
        self.assertIn("VerifyRequest POST, 2 bytes", labels)
        self.assertIn("frames 18–30", self.texts("svg.ladder .note"))
        self.assertIn("policy-false", self.texts("svg.ladder a"))
        self.assertTrue(all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", t) for t in self.texts("svg.ladder .t")))

    def test_draws_the_proxy_where_there_is_one(self):
        self.report(self.capture("near/proxy-both-legs.pcapng"))
        self.assertEqual(self.texts("svg.ladder text.lane"), ["Device", "Proxy", "NDES"] * 2)

    def test_can_be_read_without_script(self):
        self.script(False)
        page = self.report(self.capture("demo.pcapng"))
        self.script(True)
        self.assertNotIn("Open all", page.split("<script>")[0])
        self.assertIn("1 of 2 enrolments failed", self.text("#verdict .sentence"))
        self.assertEqual(self.js("return document.querySelectorAll('button,input').length"), 0)
        note = self.browser.find_element(By.CSS_SELECTOR, "details.finding")
        note.find_element(By.CSS_SELECTOR, "summary").click()
        self.assertTrue(note.find_element(By.CSS_SELECTOR, ".meaning").is_displayed())

    def test_tables_have_headers_and_drawings_have_names(self):
        self.report(self.capture("demo.pcapng"))
        self.assertEqual(self.js("return Array.from(document.querySelectorAll('table')).filter(function(t){"
                                 "return !t.caption||!t.querySelector('thead th[scope=col]')||!t.querySelector('tbody th[scope=row]')})"
                                 ".length"), 0)
        self.assertEqual(self.js("return Array.from(document.querySelectorAll('svg')).filter(function(s){"
                                 "return !s.hasAttribute('aria-hidden')&&!s.hasAttribute('aria-label')}).length"), 0)
        self.assertIn("Serial, SHA-1", self.texts("#certificates th"))
        self.assertIn("Filter", self.texts("#connections th"))
        self.assertTrue(all(mark[0].isalpha() or mark[0].isdigit() for mark in self.texts(".mark")))  # words, not only colours

    # ---- using ----

    def test_folds_searches_and_switches(self):
        self.report(self.capture("mixed-devices.pcap"))
        tools = {b.text: b for b in self.browser.find_elements(By.CSS_SELECTOR, ".tools button")}
        tools["Close all"].click()
        self.assertEqual(self.js("return document.querySelectorAll('details[open]').length"), 0)
        self.browser.find_element(By.CSS_SELECTOR, "a[href='#l2']").click()
        self.browser.implicitly_wait(5)
        self.assertTrue(self.browser.find_element(By.CSS_SELECTOR, "details[open] #l2").is_displayed())
        tools["Open all"].click()
        self.assertEqual(self.js("return document.querySelectorAll('details:not([open])').length"), 0)
        before = self.js("return getComputedStyle(document.body).backgroundColor")
        tools["Light or dark"].click()
        self.assertNotEqual(self.js("return getComputedStyle(document.body).backgroundColor"), before)
        copy = self.browser.find_element(By.CSS_SELECTOR, ".evidence .filter + button")
        copy.click()
        WebDriverWait(self.browser, 5).until(lambda _: copy.text == "Copied")

    def test_searches_long_tables(self):
        talks = [refused_by_httpsys(client=f"10.5.14.{n + 1}", at=n) for n in range(20)]
        path = self.dir / "twenty.pcap"
        path.write_bytes(pcap(*talks))
        self.report(str(path))
        box = self.browser.find_element(By.CSS_SELECTOR, "#enrolments input")
        box.send_keys("10.5.14.13")
        rows = self.browser.find_elements(By.CSS_SELECTOR, "#enrolments tbody tr")
        self.assertEqual([row.text.split()[0] for row in rows if row.is_displayed()], ["13"])

    def test_light_and_dark_have_contrast(self):
        backgrounds = set()
        for name in ("mixed-devices.pcap", "cap-encrypted.pcap", "near/net-ipv6-ok.pcap"):
            for scheme in ("light", "dark"):
                self.look(scheme=scheme)
                self.report(self.capture(name))
                self.js("document.querySelectorAll('details').forEach(function(e){e.open=true})")
                backgrounds.add(self.js("return getComputedStyle(document.body).backgroundColor"))
                for css in TEXTS:
                    for ratio, text in self.js(CONTRAST, css.strip()):
                        self.assertGreaterEqual(ratio, 4.5, (name, scheme, css, text))
        self.assertEqual(len(backgrounds), 2)

    def test_fits_desk_and_telephone(self):
        for size in (DESK, TELEPHONE):
            self.look(size)
            for name in ("demo.pcapng", "policy-false.pcapng", "near/proxy-both-legs.pcapng", "cap-encrypted.pcap",
                         "dns-nxdomain.pcap", "rep-pending.pcap"):
                self.report(self.capture(name))
                self.js("document.querySelectorAll('details').forEach(function(e){e.open=true})")
                width = self.js("return document.documentElement.scrollWidth")
                self.assertLessEqual(width, size[0], (name, size))

    def test_prints_everything(self):
        self.report(self.capture("demo.pcapng"))
        self.assertGreater(self.js("return document.querySelectorAll('details:not([open])').length"), 0)
        path = self.dir / "report.pdf"
        path.write_bytes(base64.b64decode(self.browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]))
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        for words in ("1 of 2 enrolments failed", "http-404-querylen", "The list given to 10.5.14.7 is", "Enrolment 1",
                      "200 SUCCESS", "Certificates of devices", "What this capture could not show"):
            self.assertIn(words, " ".join(text.split()))
        self.assertNotIn("Open all", text)

    # ---- the file ----

    def test_is_valid_html_and_stands_alone(self):
        for name in ("demo.pcapng", "policy-false.pcapng", "cap-encrypted.pcap", "net-syn-timeout.pcap", "dns-nxdomain.pcap",
                     "file-empty.pcap", "file-only-header.pcap", "near/tls-h2.pcap"):
            if not (SOURCE / "pcaps" / name).exists() or name == "file-empty.pcap":
                continue
            page = run("-T", "html", self.capture(name)).decode()
            html5lib.HTMLParser(strict=True).parse(page)
            ids = re.findall(r'\sid="([^"]*)"', page)
            self.assertEqual(len(ids), len(set(ids)), name)
            for target in re.findall(r'(?:href|src)="([^"]*)"', page):
                self.assertTrue(target == "data:," or target.startswith("#"), target)
                self.assertIn(target[1:] if target[0] == "#" else ids[0], ids)
            levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
            self.assertEqual(levels[0], 1)
            self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), (name, levels))
            self.assertIsNone(re.search(r"<[^>]*\s(?:style|on\w+)=", page.split("<script>")[0]))

    def test_policy_names_style_and_script(self):
        page = run("-T", "html", self.capture("demo.pcapng")).decode()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
        self.assertTrue(policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'"))
        self.assertNotIn("unsafe", policy)
        for tag in ("style", "script"):
            inside = re.search(f"<{tag}>(.*?)</{tag}>", page, re.S).group(1)
            digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
            self.assertIn(f"{tag}-src 'sha256-{digest}'", policy)

    def test_same_input_same_bytes(self):
        out = self.dir / "x.html"
        first = run("-T", "html", self.capture("mixed-devices.pcap"))
        run("-o", str(out), "--force", self.capture("mixed-devices.pcap"))
        self.assertEqual(first, out.read_bytes())

    # ---- strangers ----

    def hostile_message(self):
        """A signed message whose signer calls itself something that would run."""
        key, cert, out = self.dir / "key.pem", self.dir / "cert.pem", self.dir / "message.der"
        (self.dir / "data").write_bytes(b"x" * 100)
        (self.dir / "cnf").write_text("[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\n[dn]\nCN=" +
                                      re.sub("(['\"])", r"\\\1", HOSTILE_NAME) + "\n", encoding="utf-8")
        for command in (["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "30",
                         "-config", self.dir / "cnf"],
                        ["cms", "-sign", "-binary", "-nodetach", "-in", self.dir / "data", "-signer", cert, "-inkey", key,
                         "-outform", "DER", "-out", out]):
            subprocess.run(["openssl", *command], check=True, capture_output=True)
        return out.read_bytes()

    def test_strangers_cannot_write_markup(self):
        hostile = HOSTILE.encode()
        bare = HOSTILE.replace(" ", "/").encode()
        message = self.hostile_message()
        ask = b"POST /certsrv/mscep/mscep.dll/pkiclient.exe?operation=PKIOperation&x=" + bare + b" HTTP/1.1\r\nHost: " + hostile
        ask += b"\r\nUser-Agent: " + hostile + b"\r\nX-Forwarded-For: " + hostile + b"\r\nContent-Length: %d\r\n\r\n" % len(message)
        answer = b"HTTP/1.1 500 Error\r\nServer: " + hostile + b"\r\nContent-Type: text/html\r\nLocation: " + bare
        answer += b"\r\nContent-Length: %d\r\n\r\n" % len(hostile) + hostile
        talk = Conversation(at=2).open().exchange(ask + message, answer).close()
        odd = Conversation(client="10.5.14.9", at=1).open()
        odd.exchange(get(b"/certsrv/mscep/mscep.dll?operation=" + bare, host=hostile, agent=hostile), reply(404, hostile)).close()
        path = self.dir / "<script>window.ran=3<&script>.pcap"
        path.write_bytes(pcap(talk, odd))
        page = self.report("--redact", "none", str(path))
        self.assertNotIn("\u202e", page)
        self.assertIsNone(self.js("return window.ran||null"))
        self.assertEqual(self.js("return document.querySelectorAll('img,iframe,object,embed,form,base').length"), 0)
        self.assertEqual(self.js("return document.querySelectorAll('script').length"), 1)
        self.assertIn("User agent" + shown(HOSTILE), "".join(self.texts("#exchanges dl")).replace("\n", ""))
        self.assertIn("Answered by" + shown(HOSTILE), "".join(self.texts("#exchanges dl")).replace("\n", ""))
        self.assertTrue(any("<img src=x onerror='window.ran=4'" in name for name in self.texts("#certificates th")), self.texts("#certificates th"))
        self.assertIn("<script>window.ran=3<&script>.pcap", self.text("h1"))
        html5lib.HTMLParser(strict=True).parse(page)

    def test_ten_thousand_failures_stay_usable(self):
        talks = []
        for n in range(10000):
            client = f"10.{n // 40000 + 20}.{n // 200 % 200}.{n % 200 + 1}"
            talk = Conversation(client=client, at=n / 10).open()
            talk.exchange(get(b"/certsrv/mscep/mscep.dll?operation=GetCACaps"), reply(200, b"AES\nSHA-256\n"))
            talk.exchange(get(b"/certsrv/mscep/mscep.dll?operation=PKIOperation&message=MIIB"), reply(404, b"not here", b"text/html"))
            talks.append(talk)
        path = self.dir / "many.pcap"
        path.write_bytes(many(talks))
        page = self.report(str(path))
        self.assertLess(len(page.encode()), 5_000_000)
        self.assertIn("10,000 enrolments failed", self.text("#verdict .sentence"))
        self.assertEqual(self.js("return document.querySelectorAll('#enrolments tbody tr').length"), 10000)
        self.assertGreater(self.js("return document.querySelectorAll('svg.ladder').length"), 100)


if __name__ == "__main__":
    PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    for tool in ("chromium", "chromedriver", "pdftotext", "openssl"):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
