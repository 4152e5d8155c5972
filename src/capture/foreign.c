/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that is no capture: people name the trace, the key or the log in its place. */
#include <string.h>

#include "base/text.h"
#include "capture/reader.h"

struct foreign {
    size_t at;
    const char *bytes;
    size_t len;
    const char *text; /* goes on from "FILE is no packet capture: it" */
};

#define AT(at, bytes, text)                                                                                                      \
    {                                                                                                                            \
        at, bytes, sizeof bytes - 1, text                                                                                        \
    }

static const char etl[] = "is a Windows event trace (ETL); convert it with 'pktmon etl2pcap FILE.etl --out FILE.pcapng', or with "
                          "etl2pcapng when netsh trace made it";
static const char unpack[] = "is an archive; unpack it and name the capture inside";
static const char recompress[] = "is compressed in a way that is not read here; decompress it first (gzip and zstd can stay)";
static const char editcap[] = "is a capture of another program; convert it with 'editcap -F pcapng FILE OUT.pcapng'";
static const char key[] = "looks like a key or certificate; keys are given with -k";
static const char html[] = "looks like an HTML page, perhaps an error page saved in place of a download";

static const struct foreign table[] = {
    /* The first buffer of a trace: its header of 72 bytes, then SYSTEM_TRACE_HEADER of 32 or 64 bit. */
    AT(72, "\x02\x00\x01\xc0", etl),
    AT(72, "\x02\x00\x02\xc0", etl),
    AT(0, "PK\x03\x04", unpack),
    AT(0, "PK\x05\x06", unpack),
    AT(0, "7z\xbc\xaf\x27\x1c", unpack),
    AT(0, "Rar!", unpack),
    AT(0, "MSCF", unpack),
    AT(257, "ustar", unpack),
    AT(0,
       "\xfd"
       "7zXZ",
       recompress),
    AT(0, "BZh", recompress),
    AT(0, "\x04\x22\x4d\x18", recompress),
    AT(0, "GMBU", "is a Network Monitor capture; convert it with 'editcap -F pcapng FILE.cap OUT.pcapng'"),
    AT(0, "RTSS", "is a Network Monitor capture; convert it with 'editcap -F pcapng FILE.cap OUT.pcapng'"),
    AT(0, "snoop\0\0\0", editcap),
    AT(0, "XCP\0", editcap),
    AT(0, "TRSNIFF data", editcap),
    AT(0, "ElfFile\0", "is a Windows event log (EVTX); logs are given with --log"),
    AT(0,
       "\x7f"
       "ELF",
       "is a program"),
    AT(0, "MZ", "is a program"),
    AT(0, "%PDF", "is a PDF document"),
    AT(0, "-----BEGIN", key),
    AT(0, "#Software: ", "looks like a server log; logs are given with --log"),
    AT(0, "CLIENT_RANDOM ", "looks like a TLS key log; it is given with -K"),
    AT(0, "# SSL/TLS secrets log", "looks like a TLS key log; it is given with -K"),
    AT(0, "<!DOCTYPE html", html),
    AT(0, "<!doctype html", html),
    AT(0, "<html", html),
    AT(0, "<HTML", html),
    AT(0, "<?xml", "looks like XML; name the capture itself, not what a program exported from it"),
    AT(0, "{", "looks like JSON; name the capture itself, not what a program exported from it"),
    AT(0, "[", "looks like JSON; name the capture itself, not what a program exported from it"),
    AT(0, "\xff\xfe", "looks like text in UTF-16; name a file that tcpdump, Wireshark or pktmon wrote"),
};

static bool is_text(const struct scs_cursor *first)
{
    struct scs_cursor c = *first;
    uint8_t byte;
    while (scs_cursor_u8(&c, &byte)) {
        if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f') {
            return false;
        }
    }
    return true;
}

static bool matches(const struct foreign *f, const struct scs_cursor *first)
{
    struct scs_cursor c = *first, here;
    return scs_cursor_skip(&c, f->at) && scs_cursor_take(&c, f->len, &here) && memcmp(here.p, f->bytes, f->len) == 0;
}

static bool has_extension(const char *path, const char *extension)
{
    size_t path_len = strlen(path), len = strlen(extension);
    return path_len > len && scs_text_equal_nocase(path + path_len - len, extension);
}

const char *scs_foreign_name(const struct scs_cursor *first, const char *path)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (matches(&table[i], first)) {
            return table[i].text;
        }
    }
    if (has_extension(path, ".etl")) {
        return etl;
    }
    if (is_text(first)) {
        return "looks like text; name a file that tcpdump, Wireshark or pktmon wrote, logs are given with --log";
    }
    return "begins with bytes of no format known here; name a file that tcpdump, Wireshark or pktmon wrote";
}
