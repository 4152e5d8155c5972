/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the scrubber share. See scrub.h for how `out` is meant. */
#ifndef SCS_EVIDENCE_SCRUB_PARTS_H
#define SCS_EVIDENCE_SCRUB_PARTS_H

#include "base/buf.h"
#include "evidence/scrub.h"

struct scs_scrub {
    struct scs_disguise *disguise;
    enum scs_redaction level;
    uint8_t (*kept)[32]; /* SHA-256 of names and certificates that may stay, sorted */
    size_t num_kept;
    char **words; /* names of people and devices the model knows, in lower case, by their first character */
    size_t num_words;
};

/* Bytes that belong together though they lie apart in a stream: chunks of a body, records of a handshake. */
struct scs_gathered {
    struct scs_buf bytes;
    struct scs_piece *pieces; /* where they lie */
    uint32_t num_pieces, room;
};

void scs_gathered_init(struct scs_gathered *g);
void scs_gathered_add(struct scs_gathered *g, const struct scs_cursor *bytes);
/* scs_gathered_begin makes the buffer that is scrubbed into: blank or a copy, as the level wants; scs_gathered_end puts it
 * where its bytes lie in `out` and releases both. */
uint8_t *scs_gathered_begin(const struct scs_gathered *g, const struct scs_scrub *s);
void scs_gathered_end(struct scs_gathered *g, uint8_t *scrubbed, uint8_t *out);

void scs_scrub_copy(const struct scs_cursor *bytes, uint8_t *out);
void scs_scrub_blank(const struct scs_cursor *bytes, uint8_t *out);
/* scs_scrub_value overwrites the bytes with a token. */
void scs_scrub_value(struct scs_scrub *s, const char *kind, const struct scs_cursor *bytes, uint8_t *out);
bool scs_scrub_is_kept(const struct scs_scrub *s, const struct scs_cursor *element);

/* scs_scrub_text copies text without its addresses, users, known names, and (strict) hosts. */
void scs_scrub_text(struct scs_scrub *s, const struct scs_cursor *text, uint8_t *out);
/* scs_scrub_host: a host with or without a port. */
void scs_scrub_host(struct scs_scrub *s, const struct scs_cursor *host, uint8_t *out);
/* scs_scrub_names_host: labels with dots between and a last one of letters. */
bool scs_scrub_names_host(const struct scs_cursor *word);
/* scs_scrub_page scrubs text that came as a body: one-time passwords go at every level, the whole of it when strict. */
void scs_scrub_page(struct scs_scrub *s, const struct scs_cursor *page, uint8_t *out);
/* scs_scrub_url scrubs a request target or URL, and the message in its query. */
void scs_scrub_url(struct scs_scrub *s, const struct scs_cursor *url, uint8_t *out);

/* scs_scrub_der scrubs BER elements, of CMS, certificates, requests, revocation lists. */
void scs_scrub_der(struct scs_scrub *s, const struct scs_cursor *in, uint8_t *out);
/* scs_scrub_base64 does the same to text that decodes to them; false when it does not, and nothing was written. */
bool scs_scrub_base64(struct scs_scrub *s, const struct scs_cursor *text, uint8_t *out);

/* scs_scrub_blank_rest blanks the stream from `from` on. */
void scs_scrub_blank_rest(struct scs_scrub_stream *stream, uint32_t from);
/* scs_scrub_http scrubs HTTP/1 in both directions; scs_scrub_tls TLS records in one, from `from` on. */
void scs_scrub_http(struct scs_scrub *s, struct scs_scrub_stream streams[2]);
void scs_scrub_tls(struct scs_scrub *s, struct scs_scrub_stream *stream, uint32_t from);

#endif
