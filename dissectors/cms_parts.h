/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the cms files: the reader's state, and the pieces of a SignedData. */
#ifndef SCS_DISSECTORS_CMS_PARTS_H
#define SCS_DISSECTORS_CMS_PARTS_H

#include "base/ber.h"
#include "dissectors/cert_cache.h"
#include "dissectors/cms.h"

/* The elements of a SignedData (RFC 5652 5.1). Those that are not there have an empty `whole`. */
struct scs_signed_data {
    struct scs_ber outer; /* ContentInfo */
    struct scs_ber digest_algorithms, content_info, certificates, signer_infos;
    struct scs_ber content; /* the eContent element: OCTET STRING in either form, or what PKCS #7 put in its place */
    bool is_signed_data;    /* the OID says so */
};

/* What the reading of one message carries along. */
struct scs_cms_reader {
    struct scs_cert_cache *cache;
    struct scs_arena *arena;
    struct scs_pki_message *out;
    uint32_t end;                 /* offset of the message's end: an element that reaches it unfinished was cut */
    const struct scs_ber *joined; /* offsets count the joined chunks of this string; NULL: they count the message */
    bool ber, cut, damaged;
    uint32_t cut_end;         /* where the outermost cut definite element would end; 0 none */
    uint32_t first_chunk_end; /* where the eContent's first chunk ends or would end; 0 none */
};

/* scs_cms_note remembers what an element's form says: BER, cut, damaged. `st` is what reading it gave. */
void scs_cms_note(struct scs_cms_reader *r, enum scs_status st, const struct scs_ber *e);
/* scs_cms_next and scs_cms_expect read and note an element, whole or cut; false when there is none (of that tag). */
bool scs_cms_next(struct scs_cms_reader *r, struct scs_cursor *in, struct scs_ber *out);
bool scs_cms_expect(struct scs_cms_reader *r, struct scs_cursor *in, uint8_t tag, struct scs_ber *out);
/* scs_cms_algorithm gives the name of the OID that an AlgorithmIdentifier or ContentInfo begins with; NULL when cut. */
const char *scs_cms_algorithm(struct scs_cms_reader *r, const struct scs_ber *sequence);
/* scs_cms_issuer_and_serial reads an IssuerAndSerialNumber. RFC 5652 10.2.4. */
void scs_cms_issuer_and_serial(struct scs_cms_reader *r, const struct scs_ber *sequence, const char **issuer,
                               const char **issuer_sha256, const char **serial);
/* scs_cms_hex gives at most 64 bytes of an identifier in hex. */
const char *scs_cms_hex(struct scs_cms_reader *r, const struct scs_cursor *bytes);
struct scs_span scs_cms_span(const struct scs_cms_reader *r, const struct scs_cursor *c);

/* scs_cms_read_content reads the eContent: its length, and the envelope in it. RFC 5652 6.1. */
void scs_cms_read_content(struct scs_cms_reader *r, const struct scs_signed_data *sd);
/* scs_cms_read_signers reads the signerInfos; the facts are the first one's. RFC 5652 5.3. */
void scs_cms_read_signers(struct scs_cms_reader *r, const struct scs_signed_data *sd);
/* scs_cms_read_attributes reads the signed attributes, the contents of `set`. RFC 8894 3.2.1. */
void scs_cms_read_attributes(struct scs_cms_reader *r, const struct scs_ber *set);

#endif
