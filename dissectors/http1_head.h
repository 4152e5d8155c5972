/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1.x message (RFC 9112): start line and header fields. The start line is read here,
 * because SCEP clients put things into it that no strict reader takes (facts of GET messages: raw spaces,
 * line breaks); the fields are llhttp's.
 */
#ifndef SCS_DISSECTORS_HTTP1_HEAD_H
#define SCS_DISSECTORS_HTTP1_HEAD_H

#include "base/buf.h"
#include "scepscope/facts.h"

/* The header fields that somebody reads. */
enum scs_http1_field {
    SCS_HTTP1_HOST,
    SCS_HTTP1_CONTENT_TYPE,
    SCS_HTTP1_CONTENT_ENCODING,
    SCS_HTTP1_USER_AGENT,
    SCS_HTTP1_AUTHORIZATION,
    SCS_HTTP1_COOKIE,
    SCS_HTTP1_EXPECT,
    SCS_HTTP1_VIA,
    SCS_HTTP1_X_FORWARDED_FOR,
    SCS_HTTP1_X_MS_PROXY,
    SCS_HTTP1_SERVER,
    SCS_HTTP1_WWW_AUTHENTICATE,
    SCS_HTTP1_LOCATION,
    SCS_HTTP1_RETRY_AFTER,
    SCS_HTTP1_AGE,
    SCS_HTTP1_X_CACHE,
    SCS_HTTP1_DATE,
    SCS_HTTP1_UPGRADE,
    SCS_HTTP1_FIELDS /* their number; also stands for every other field */
};

/* WWW-Authenticate comes once for each scheme; IIS offers at most four. */
#define SCS_HTTP1_CHALLENGES 8u

/* What a head says. Cursors borrow the head's bytes or, after mending, the scratch buffer. */
struct scs_http1_head {
    bool complete;      /* the blank line is there */
    bool line_complete; /* the start line is whole: method, target, version or status are final */
    bool has_version;   /* the request line ends with HTTP/x.y */
    bool readable;      /* there is a method and a target, or a status */
    uint8_t version;    /* 9, 10, 11, 20 */
    uint16_t status;
    uint32_t flags;                             /* enum scs_http_flag: framing and what fields say about it */
    uint32_t len;                               /* bytes up to and with the blank line, or that are there */
    uint64_t content_length;                    /* with SCS_HTTP_HAS_LENGTH */
    struct scs_cursor method, target;           /* target.off: its place in the message */
    struct scs_cursor reason;                   /* after the status */
    struct scs_cursor fields[SCS_HTTP1_FIELDS]; /* first value of each, trimmed; len 0 when absent or empty */
    bool present[SCS_HTTP1_FIELDS];
    struct scs_cursor challenges[SCS_HTTP1_CHALLENGES];
    uint32_t num_challenges;
};

/* How bytes begin. */
enum scs_http1_start {
    SCS_HTTP1_NO,    /* no message begins so */
    SCS_HTTP1_MAYBE, /* too few bytes to say */
    SCS_HTTP1_YES,
    SCS_HTTP1_OTHER /* TLS, or HTTP/2 without negotiation */
};

/*
 * scs_http1_start says whether a request or a reply begins at the cursor. `strict` is for bytes found by
 * searching: only the usual methods and target forms count.
 */
enum scs_http1_start scs_http1_start(const struct scs_cursor *bytes, bool request, bool strict);
/* scs_http1_head_end returns the length of the head up to and with its blank line, looking from `from` on; 0: not there. */
size_t scs_http1_head_end(const struct scs_cursor *bytes, size_t from);
/*
 * scs_http1_read_head reads a head, or as much of one as is there. `scratch` is an initialised buffer for
 * heads that must be mended first; it has to live as long as `out`.
 */
void scs_http1_read_head(const struct scs_cursor *bytes, bool request, bool complete, struct scs_buf *scratch,
                         struct scs_http1_head *out);
/* scs_http1_field_named knows a field by its name, in any case; SCS_HTTP1_FIELDS when nobody reads it. */
enum scs_http1_field scs_http1_field_named(const struct scs_cursor *name);

#endif
