/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reports hide. Every reporter takes names, addresses and texts through these functions; the same
 * value gives the same token wherever it stands ("CN=name-3fa2c1d0", "ip-7c21d0aa:443").
 *
 *   none      nothing (secrets are never kept in the first place, and stay out of URLs)
 *   secrets   values of URL parameters that name a password or challenge
 *   standard  also people and devices: subjects, alternative names, users, public addresses. The names of
 *             CAs, RAs and servers, host names and private addresses stay: they are what is repaired
 *   strict    also private addresses, host names, names of CAs, RAs and servers, targets, texts of pages
 *
 * Texts that are returned live until scs_redactor_forget, or are the argument itself. NULL gives NULL.
 */
#ifndef SCS_REPORT_REDACT_H
#define SCS_REPORT_REDACT_H

#include "scepscope/net.h"
#include "scepscope/report.h"

struct scs_redactor *scs_redactor_new(enum scs_redaction level, const uint8_t key[32]);
/* scs_redactor_for_model takes the key from the model, and keeps the names of every CA and RA that answered in it. */
struct scs_redactor *scs_redactor_for_model(enum scs_redaction level, const struct scs_model *m);
void scs_redactor_free(struct scs_redactor *r); /* NULL is fine */
/*
 * scs_redactor_new_key draws a key at random, before the first token is made. The model's key is taken from the capture, so
 * that reports of it agree; whoever is given the packets, scrubbed as they are, must not be able to try that.
 */
void scs_redactor_new_key(struct scs_redactor *r);
/* scs_redactor_keep_authorities does so for one more capture, which is shown beside the first. */
void scs_redactor_keep_authorities(struct scs_redactor *r, const struct scs_model *m);
/* scs_redactor_keep marks a distinguished name as one of a CA or RA. Copies. */
void scs_redactor_keep(struct scs_redactor *r, const char *name);
/* scs_cert_is_authority: among the certificates of a reply, this one is the CA's or an RA's, not the issued one. */
bool scs_cert_is_authority(const struct scs_cert_facts *c);
/*
 * scs_redactor_remember makes it keep which token stands for which value, from now on; scs_redactor_write_map writes them,
 * a JSON object with `token` and `value` a line, in order of the tokens. That file undoes the redaction.
 */
void scs_redactor_remember(struct scs_redactor *r);
void scs_redactor_write_map(const struct scs_redactor *r, FILE *out);
/* scs_redactor_token writes "KIND-xxxxxxxx", the token of a value of that kind, to `out`; returns its length. */
#define SCS_TOKEN_TEXT 32u
size_t scs_redactor_token(struct scs_redactor *r, const char *kind, const void *value, size_t len, char out[SCS_TOKEN_TEXT]);
/* scs_redactor_key_for derives a key for another kind of disguise from the run's. */
void scs_redactor_key_for(const struct scs_redactor *r, const char *purpose, uint8_t out[32]);
/* scs_redactor_note adds a disguise made elsewhere to the map. */
void scs_redactor_note(struct scs_redactor *r, const char *token, const void *value, size_t len);
/* scs_redactor_keep_tokens: texts that are tokens already, of a report that was redacted before, stay as they are. */
void scs_redactor_keep_tokens(struct scs_redactor *r);
/* scs_redact_known hides in a sentence every value that a token was made for since scs_redactor_remember. */
const char *scs_redact_known(struct scs_redactor *r, const char *sentence);
/* scs_redactor_forget releases the texts returned so far; tokens stay the same. */
void scs_redactor_forget(struct scs_redactor *r);

/* Names of people and devices; of CAs and RAs when kept. RFC 4514 escapes are understood. */
const char *scs_redact_subject(struct scs_redactor *r, const char *name);
/* A value that names a person or device whole, as a SID does. */
const char *scs_redact_name(struct scs_redactor *r, const char *value);
bool scs_redact_is_strict(const struct scs_redactor *r);
const char *scs_redaction_name(enum scs_redaction level); /* "standard" */
enum scs_redaction scs_redactor_level(const struct scs_redactor *r);
/* Names of CAs, RAs and servers. */
const char *scs_redact_authority(struct scs_redactor *r, const char *name);
const char *scs_redact_server_san(struct scs_redactor *r, const char *san);
/* "DNS:a", "UPN:x": the kind stays, the value does not. */
const char *scs_redact_san(struct scs_redactor *r, const char *san);
const char *scs_redact_addr(struct scs_redactor *r, const struct scs_addr *addr);
const char *scs_redact_endpoint(struct scs_redactor *r, const struct scs_endpoint *endpoint);
/* A host name or address, with or without port. */
const char *scs_redact_host(struct scs_redactor *r, const char *host);
/* scs_redact_names_secret: a parameter or field of this name holds a password, challenge or token. */
bool scs_redact_names_secret(const char *name, size_t len);
/* A request target or URL. */
const char *scs_redact_target(struct scs_redactor *r, const char *target);
/* Text in which addresses and user names may stand: header values, sentences. */
const char *scs_redact_text(struct scs_redactor *r, const char *text);
/* Text that came as content (page, failInfoText): as scs_redact_text, and a token when strict. */
const char *scs_redact_payload(struct scs_redactor *r, const char *text);
/* A User-Agent: a token when strict. Its version numbers look like addresses, so it is not searched for them. */
const char *scs_redact_agent(struct scs_redactor *r, const char *agent);
/* "1.2.3.4=hex": the value may name a machine or user. */
const char *scs_redact_attribute(struct scs_redactor *r, const char *attribute);
/* The text of a finding's fact, by the fact's name. */
const char *scs_redact_fact(struct scs_redactor *r, const char *fact, const char *text);

#endif
