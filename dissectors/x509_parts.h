/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that certificates share with other structures: strings, keys, extensions (a CSR asks for the same ones). */
#ifndef SCS_DISSECTORS_X509_PARTS_H
#define SCS_DISSECTORS_X509_PARTS_H

#include "base/arena.h"
#include "base/ber.h"
#include "scepscope/facts.h"

/*
 * scs_x509_string decodes any ASN.1 character string (UTF8, Printable, IA5, Visible, Numeric, T61, BMP,
 * Universal) to clean text of at most `max` characters. NULL when the element is of another type.
 */
const char *scs_x509_string(const struct scs_ber *element, struct scs_arena *arena, size_t max);
/* scs_x509_put_string appends a string's characters as UTF-8, not yet cleaned; false when the element is of another type. */
bool scs_x509_put_string(struct scs_buf *out, const struct scs_ber *element);
/* scs_x509_key sets key, key_bits and key_type from the contents of a SubjectPublicKeyInfo. RFC 5280 4.1.2.7, RFC 5480. */
void scs_x509_key(const struct scs_cursor *spki, struct scs_arena *arena, struct scs_cert_facts *out);
/*
 * scs_x509_extensions reads the contents of an Extensions SEQUENCE: key usage, extended key usage, basic
 * constraints, alternative names and key identifiers go to `out`, others are passed over.
 */
void scs_x509_extensions(const struct scs_cursor *extensions, struct scs_arena *arena, struct scs_cert_facts *out);

#endif
