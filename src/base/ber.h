/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BER (X.690) through the cursor: definite and indefinite lengths, constructed strings, cut elements.
 * Nothing here recurses on input; depth is bounded by SCS_MAX_ASN1_DEPTH.
 */
#ifndef SCS_BASE_BER_H
#define SCS_BASE_BER_H

#include "base/buf.h"
#include "scepscope/cursor.h"
#include "scepscope/limits.h"

/* Tag: class and constructed bit in the top three bits of a byte, number in the rest; numbers >= 31 are carried in `number`. */
struct scs_ber {
    uint8_t tag; /* identifier octet: 0x30, 0x04, 0xa0 ... */
    bool indefinite;
    bool complete;              /* all contents present (definite), or the end-of-contents was found (indefinite) */
    uint32_t announced;         /* definite: contents octets announced; indefinite: 0 */
    uint32_t header_len;        /* identifier and length octets */
    struct scs_cursor contents; /* the contents that are there, without the end-of-contents octets */
    struct scs_cursor whole;    /* header and contents (and end-of-contents) that are there */
};

enum {
    SCS_BER_BOOLEAN = 0x01,
    SCS_BER_INTEGER = 0x02,
    SCS_BER_BIT_STRING = 0x03,
    SCS_BER_OCTET_STRING = 0x04,
    SCS_BER_NULL = 0x05,
    SCS_BER_OID = 0x06,
    SCS_BER_UTF8 = 0x0c,
    SCS_BER_PRINTABLE = 0x13,
    SCS_BER_T61 = 0x14,
    SCS_BER_IA5 = 0x16,
    SCS_BER_UTC_TIME = 0x17,
    SCS_BER_GENERALIZED_TIME = 0x18,
    SCS_BER_BMP = 0x1e,
    SCS_BER_UNIVERSAL_STRING = 0x1c,
    SCS_BER_SEQUENCE = 0x30,
    SCS_BER_SET = 0x31,
    SCS_BER_CONSTRUCTED = 0x20
};

/*
 * scs_ber_next reads the next element and moves past it. SCS_OK: whole. SCS_MORE: its contents are cut
 * (`out` holds what is there and the cursor is at its end), or not even its length is whole. SCS_LIMIT: as
 * SCS_MORE, indefinite lengths nested too deep to find the end. SCS_MALFORMED: no element here; nothing moved.
 */
enum scs_status scs_ber_next(struct scs_cursor *in, struct scs_ber *out);
/* scs_ber_expect is scs_ber_next when the next element has this tag; else SCS_MALFORMED and nothing moved. */
enum scs_status scs_ber_expect(struct scs_cursor *in, uint8_t tag, struct scs_ber *out);
/* scs_ber_peek_tag: the next identifier octet; false at the end. */
bool scs_ber_peek_tag(const struct scs_cursor *in, uint8_t *tag);
/*
 * scs_ber_string appends the bytes of a string element, primitive or constructed of chunks (of any
 * nesting, as CMS writers do), to `out`. SCS_MORE when a chunk is cut.
 */
enum scs_status scs_ber_string(const struct scs_ber *element, struct scs_buf *out);
/*
 * The primitive chunks of a string element one after the other, for callers that need them where they
 * lie; a primitive element is its own only chunk. `status` is SCS_OK until something was cut or wrong.
 */
struct scs_ber_chunks {
    struct scs_cursor level[SCS_MAX_ASN1_DEPTH];
    uint32_t depth;
    struct scs_ber first; /* of a primitive element, not yet given out */
    bool has_first;
    enum scs_status status;
};

void scs_ber_chunks_init(struct scs_ber_chunks *chunks, const struct scs_ber *element);
/* scs_ber_chunk gives the next chunk; false after the last. */
bool scs_ber_chunk(struct scs_ber_chunks *chunks, struct scs_ber *out);
/* scs_ber_string_origin gives the message offset of byte `at` of the joined string; past its end, that of its end. */
uint32_t scs_ber_string_origin(const struct scs_ber *element, uint32_t at);
/* scs_ber_small_int reads an INTEGER's contents of at most 4 octets. */
bool scs_ber_small_int(const struct scs_cursor *contents, int32_t *out);

#endif
