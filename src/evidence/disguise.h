/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a redacted capture in place of what was there: as long as it, the same for the same value, and keyed, so
 * that nobody finds the value by trying. Texts become the tokens of the reports where there is room for them.
 */
#ifndef SCS_EVIDENCE_DISGUISE_H
#define SCS_EVIDENCE_DISGUISE_H

#include "capture/marker.h"
#include "report/redact.h"
#include "scepscope/cursor.h"

/* Stands where bytes were taken away that nothing can stand for. */
#define SCS_BLANK SCS_EVIDENCE_BLANK

struct scs_disguise;

/* scs_disguise_new borrows the redactor, whose key, level and map it uses. */
struct scs_disguise *scs_disguise_new(struct scs_redactor *r);
void scs_disguise_free(struct scs_disguise *d); /* NULL is fine */
enum scs_redaction scs_disguise_level(const struct scs_disguise *d);

/* scs_disguise_text writes `len` bytes of ASCII to `out`: "name-3fa2c1d0xxx", or as much of the token as there is room for. */
void scs_disguise_text(struct scs_disguise *d, const char *kind, const void *value, size_t len, uint8_t *out, size_t out_len);
/*
 * scs_disguise_host replaces each label of a host name by itself and without regard to case (RFC 4343), so that names in
 * DNS, TLS and HTTP still agree, and names of one domain still end alike.
 */
void scs_disguise_host(struct scs_disguise *d, const struct scs_cursor *host, uint8_t *out);
void scs_disguise_label(struct scs_disguise *d, const struct scs_cursor *label, uint8_t *out);

/* scs_disguise_hides: public addresses at the standard level, private ones when strict; loopback and multicast never. */
bool scs_disguise_hides(const struct scs_disguise *d, const struct scs_addr *addr);
/*
 * scs_disguise_addr replaces an address that is hidden. Addresses with a common prefix get one of the same length, as
 * Crypto-PAn does (Xu et al. 2002); public stays public, and a private address stays in its block.
 */
void scs_disguise_addr(struct scs_disguise *d, struct scs_addr *addr);
/* scs_disguise_mac replaces a hardware address of one station; groups and zeros stay. */
void scs_disguise_mac(struct scs_disguise *d, uint8_t mac[6]);

#endif
