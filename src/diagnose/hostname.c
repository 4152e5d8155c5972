/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/hostname.h"

#include <string.h>

#include "base/text.h"
#include "scepscope/net.h"

/* The longest host name of the DNS, RFC 1035 2.3.4. */
#define MAX_HOST 253u

/* ---- two names ---------------------------------------------------------------------------------------- */

/* A name without the final dot of an absolute one. */
static size_t name_len(const char *name)
{
    size_t len = strlen(name);
    return len != 0 && name[len - 1] == '.' ? len - 1 : len;
}

static bool equal_len_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        x = x >= 'A' && x <= 'Z' ? (unsigned char)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (unsigned char)(y + 32) : y;
        if (x != y) {
            return false;
        }
    }
    return true;
}

static bool covered(const char *name, size_t len, const char *host)
{
    size_t host_len = name_len(host);
    if (len >= 2 && name[0] == '*' && name[1] == '.') {
        const char *dot = memchr(host, '.', host_len), *inner = memchr(name + 2, '.', len - 2);
        if (dot == NULL || dot == host || inner == NULL) {
            return false;
        }
        size_t tail = host_len - (size_t)(dot - host);
        return len - 1 == tail && equal_len_nocase(name + 1, dot, tail);
    }
    return len != 0 && len == host_len && equal_len_nocase(name, host, len);
}

bool scs_hostname_covered(const char *name, const char *host)
{
    return covered(name, name_len(name), host);
}

bool scs_hostname_under(const char *host, const char *domain)
{
    if (host == NULL) {
        return false;
    }
    size_t host_len = name_len(host), len = name_len(domain);
    if (host_len < len || !equal_len_nocase(host + (host_len - len), domain, len)) {
        return false;
    }
    return host_len == len || host[host_len - len - 1] == '.';
}

/* ---- a certificate ------------------------------------------------------------------------------------ */

/* Where the attribute that begins at `s` ends: before a comma or plus sign that is not escaped (RFC 4514 2.4). */
static const char *attribute_end(const char *s)
{
    while (*s != '\0' && *s != ',' && *s != '+') {
        s += s[0] == '\\' && s[1] != '\0' ? 2 : 1;
    }
    return s;
}

const char *scs_hostname_common_name(const char *subject, size_t *out_len)
{
    const char *found = NULL;
    while (subject != NULL && *subject != '\0') {
        const char *end = attribute_end(subject);
        if (end - subject > 3 && equal_len_nocase(subject, "CN=", 3)) {
            found = subject + 3;
            *out_len = (size_t)(end - found);
        }
        subject = *end != '\0' ? end + 1 : end;
        subject += *subject == ' ';
    }
    return found;
}

static bool san_covers(const char *san, const char *host, const struct scs_endpoint *address)
{
    struct scs_endpoint named;
    if (address == NULL) {
        return scs_text_starts_nocase(san, "DNS:") && scs_hostname_covered(san + 4, host);
    }
    return scs_text_starts_nocase(san, "IP:") && scs_endpoint_parse(san + 3, &named) &&
           scs_addr_equal(&named.addr, &address->addr);
}

enum scs_name_match scs_hostname_match(const struct scs_cert_facts *certificate, const char *host)
{
    struct scs_endpoint parsed;
    if (certificate == NULL || host == NULL || name_len(host) == 0 || strlen(host) > MAX_HOST ||
        (certificate->flags & SCS_CERT_INCOMPLETE) != 0) {
        return SCS_NAME_UNKNOWN;
    }
    const struct scs_endpoint *address = scs_endpoint_parse(host, &parsed) ? &parsed : NULL;
    bool any_dns = false;
    for (uint32_t i = 0; i < certificate->num_sans; i++) {
        any_dns |= scs_text_starts_nocase(certificate->sans[i], "DNS:");
        if (san_covers(certificate->sans[i], host, address)) {
            return SCS_NAME_MATCHES;
        }
    }
    if (certificate->num_sans >= SCS_MAX_NAMES) {
        return SCS_NAME_UNKNOWN;
    }
    size_t len = 0;
    const char *cn = any_dns ? NULL : scs_hostname_common_name(certificate->subject, &len);
    return cn != NULL && covered(cn, len, host) ? SCS_NAME_MATCHES : SCS_NAME_DIFFERS;
}

bool scs_hostname_is_authority(const char *name)
{
    static const char *const words[] = {"ca", "pki", "crl", "cdp", "aia", "ocsp", "certs", "certenroll"};
    while (*name != '\0') {
        size_t letters = 0;
        while (name[letters] >= 'a' && name[letters] <= 'z') {
            letters++;
        }
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (strlen(words[i]) == letters && memcmp(words[i], name, letters) == 0) {
                return true;
            }
        }
        name += letters + (name[letters] != '\0');
    }
    return false;
}
