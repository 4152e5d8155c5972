/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate is for a host: RFC 6125 6.4, RFC 9110 4.3.5. */
#ifndef SCS_DIAGNOSE_HOSTNAME_H
#define SCS_DIAGNOSE_HOSTNAME_H

#include "scepscope/facts.h"

enum scs_name_match {
    SCS_NAME_UNKNOWN, /* the certificate is cut, has more names than were kept, or `host` is no name */
    SCS_NAME_MATCHES,
    SCS_NAME_DIFFERS
};

/*
 * scs_hostname_covered compares one name of a certificate with a host name, in any case. A wildcard stands for exactly
 * one label, and only as the whole left-most one, with two labels or more behind it.
 */
bool scs_hostname_covered(const char *name, const char *host);
/*
 * scs_hostname_match: by the DNS names of subjectAltName, or by the IP addresses in it when `host` is an address; by the
 * subject's last CN only when the certificate has no DNS name at all.
 */
enum scs_name_match scs_hostname_match(const struct scs_cert_facts *certificate, const char *host);
/* scs_hostname_under: `host` is `domain` or a name below it; NULL is under nothing. */
bool scs_hostname_under(const char *host, const char *domain);
/* scs_hostname_is_authority: one of the name's words is what certification authorities and places of revocation lists are called.
 */
bool scs_hostname_is_authority(const char *name);
/*
 * scs_hostname_common_name finds the value of the last CN in a subject as facts write it, "C=SE, CN=Name"; NULL when it
 * has none. Its length is put into *out_len: it ends before a comma.
 */
const char *scs_hostname_common_name(const char *subject, size_t *out_len);

#endif
