/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1 messages (RFC 9112) where they stand in a stream. Simpler than the reader in dissectors/: what it does not follow
 * stays blank, so that a mistake costs evidence and shows nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "dissectors/http1_head.h"
#include "dissectors/scep.h"
#include "dissectors/tls.h"
#include "evidence/scrub_parts.h"

#define MAX_CHUNK_DIGITS 8u

/* What a reply's framing depends on. */
struct request {
    bool head, connect;
};

struct reader {
    struct scs_scrub *s;
    struct scs_scrub_stream *stream;
    bool is_request;
    uint32_t piece; /* the piece being read */
    struct scs_cursor c;
    struct request *requests; /* of the other direction, in order; when reading requests, those found */
    uint32_t num_requests, next_request;
    bool foreign;    /* another protocol begins here */
    uint32_t tunnel; /* where another protocol begins; UINT32_MAX: nowhere */
};

/* What a head says of the body. */
struct framing {
    bool has_body, chunked, to_close, packed; /* packed: Content-Encoding */
    uint64_t length;
    struct scs_cursor type;
};

/* ---- header fields --------------------------------------------------------------------------------- */

enum rule {
    RULE_UNKNOWN, /* nobody knows what is in it */
    RULE_PLAIN,   /* says nothing of persons or hosts */
    RULE_SECRET,  /* all but a first word */
    RULE_SCHEME,  /* an authentication scheme, then a blob with the server's or client's name in it */
    RULE_HOST,
    RULE_URL,
    RULE_TEXT,
    RULE_AGENT
};

static const struct {
    const char *name;
    uint8_t rule;
} fields[] = {
    {"Host", RULE_HOST},
    {"X-Forwarded-Host", RULE_HOST},
    {"X-Original-Host", RULE_HOST},
    {"Content-Length", RULE_PLAIN},
    {"Content-Type", RULE_PLAIN},
    {"Content-Encoding", RULE_PLAIN},
    {"Content-Transfer-Encoding", RULE_PLAIN},
    {"Transfer-Encoding", RULE_PLAIN},
    {"TE", RULE_PLAIN},
    {"Trailer", RULE_PLAIN},
    {"Connection", RULE_PLAIN},
    {"Proxy-Connection", RULE_PLAIN},
    {"Keep-Alive", RULE_PLAIN},
    {"Upgrade", RULE_PLAIN},
    {"Expect", RULE_PLAIN},
    {"Date", RULE_PLAIN},
    {"Last-Modified", RULE_PLAIN},
    {"Expires", RULE_PLAIN},
    {"Age", RULE_PLAIN},
    {"Cache-Control", RULE_PLAIN},
    {"Pragma", RULE_PLAIN},
    {"Vary", RULE_PLAIN},
    {"Allow", RULE_PLAIN},
    {"Accept", RULE_PLAIN},
    {"Accept-Encoding", RULE_PLAIN},
    {"Accept-Language", RULE_PLAIN},
    {"Accept-Charset", RULE_PLAIN},
    {"Accept-Ranges", RULE_PLAIN},
    {"Range", RULE_PLAIN},
    {"Retry-After", RULE_PLAIN},
    {"Server", RULE_TEXT},
    {"Via", RULE_TEXT},
    {"X-Powered-By", RULE_PLAIN},
    {"X-AspNet-Version", RULE_PLAIN},
    {"X-AspNetMvc-Version", RULE_PLAIN},
    {"X-Cache", RULE_TEXT},
    {"X-MS-Proxy", RULE_TEXT},
    {"X-Forwarded-For", RULE_TEXT},
    {"X-Forwarded-Proto", RULE_PLAIN},
    {"X-Forwarded-Port", RULE_PLAIN},
    {"X-Real-IP", RULE_TEXT},
    {"X-Client-IP", RULE_TEXT},
    {"Client-IP", RULE_TEXT},
    {"Forwarded", RULE_TEXT},
    {"Location", RULE_URL},
    {"Content-Location", RULE_URL},
    {"Referer", RULE_URL},
    {"User-Agent", RULE_AGENT},
    {"Authorization", RULE_SCHEME},
    {"Proxy-Authorization", RULE_SCHEME},
    {"WWW-Authenticate", RULE_SCHEME},
    {"Proxy-Authenticate", RULE_SCHEME},
    {"Authentication-Info", RULE_SECRET},
    {"Cookie", RULE_SECRET},
    {"Set-Cookie", RULE_SECRET},
};

static enum rule rule_of(const struct scs_cursor *name)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (scs_cursor_equals_nocase(name, fields[i].name)) {
            return (enum rule)fields[i].rule;
        }
    }
    return scs_redact_names_secret((const char *)name->p, name->len) || scs_cursor_find_nocase(name, "auth") != SIZE_MAX
               ? RULE_SECRET
               : RULE_UNKNOWN;
}

/* "NTLM TlRM...", "Basic YW5u...", "Basic realm=...": the first word says which, the rest is hidden. */
static void scrub_scheme(struct scs_scrub *s, const struct scs_cursor *value, uint8_t *out)
{
    size_t space = scs_cursor_find(value, " ");
    struct scs_cursor rest = *value;
    struct scs_cursor scheme = scs_cursor_first(value, space == SIZE_MAX ? value->len : space + 1);
    scs_scrub_copy(&scheme, out);
    if (scs_cursor_skip(&rest, scheme.len)) {
        scs_scrub_value(s, "secret", &rest, out);
    }
}

/* Which program it is, the reports say at every level; the rest of an agent's name may tell devices apart. */
static void show_product(const struct scs_cursor *agent, uint8_t *out)
{
    static const char *const phrases[] = {"NDES client", "Cisco PKI"};
    struct scs_cursor c = *agent;
    char word[64];
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        size_t at = scs_cursor_find_nocase(agent, phrases[i]);
        if (at != SIZE_MAX) {
            struct scs_cursor phrase = {.p = agent->p + at, .len = strlen(phrases[i]), .off = agent->off + (uint32_t)at};
            scs_scrub_copy(&phrase, out);
        }
    }
    while (c.len != 0) {
        size_t n = 0;
        while (n < c.len && n < sizeof word - 1 && strchr(" ();,", (char)c.p[n]) == NULL) {
            n++;
        }
        struct scs_cursor part = scs_cursor_first(&c, n);
        memcpy(word, part.p, part.len);
        word[part.len] = '\0';
        enum scs_platform platform = scs_scep_platform(word);
        if (platform != SCS_PLATFORM_UNKNOWN && platform != SCS_PLATFORM_OTHER) {
            scs_scrub_copy(&part, out);
        }
        (void)!scs_cursor_skip(&c, n == 0 ? 1 : n);
    }
}

static void scrub_value(struct scs_scrub *s, enum rule rule, const struct scs_cursor *value, uint8_t *out)
{
    bool strict = s->level == SCS_REDACT_STRICT;
    switch (rule) {
    case RULE_SECRET:
        scs_scrub_value(s, "secret", value, out);
        return;
    case RULE_SCHEME:
        scrub_scheme(s, value, out);
        return;
    case RULE_URL:
        scs_scrub_url(s, value, out);
        return;
    case RULE_HOST:
        scs_scrub_host(s, value, out);
        return;
    case RULE_PLAIN:
    case RULE_TEXT:
        scs_scrub_text(s, value, out);
        return;
    case RULE_AGENT:
        scs_scrub_copy(value, out);
        if (strict) {
            scs_scrub_value(s, "text", value, out);
            show_product(value, out);
        }
        return;
    default:
        scs_scrub_copy(value, out);
        if (s->level >= SCS_REDACT_STANDARD) {
            scs_scrub_value(s, "text", value, out);
        }
        return;
    }
}

static struct scs_cursor trimmed(struct scs_cursor c)
{
    uint8_t byte;
    while (scs_cursor_peek(&c, 0, &byte) && (byte == ' ' || byte == '\t') && scs_cursor_skip(&c, 1)) {
    }
    while (c.len != 0 && (c.p[c.len - 1] == ' ' || c.p[c.len - 1] == '\t')) {
        c.len--;
    }
    return c;
}

static void read_framing(const struct scs_cursor *name, struct scs_cursor value, struct framing *f)
{
    uint64_t length;
    if (scs_cursor_equals_nocase(name, "Content-Length") && scs_cursor_decimal(&value, UINT32_MAX, &length)) {
        f->length = length;
        f->has_body = true;
    } else if (scs_cursor_equals_nocase(name, "Transfer-Encoding")) {
        f->chunked = scs_cursor_find_nocase(&value, "chunked") != SIZE_MAX;
    } else if (scs_cursor_equals_nocase(name, "Content-Encoding")) {
        f->packed = !scs_cursor_equals_nocase(&value, "identity");
    } else if (scs_cursor_equals_nocase(name, "Content-Type")) {
        f->type = value;
    }
}

/* One header line; a line that continues the one before (RFC 9112 5.2) or has no colon is not understood. */
static void scrub_field(struct scs_scrub *s, const struct scs_cursor *line, uint8_t *out, struct framing *f)
{
    struct scs_cursor value = *line, name;
    uint8_t first;
    bool folded = scs_cursor_peek(line, 0, &first) && (first == ' ' || first == '\t');
    if (folded || !scs_cursor_until(&value, ':', &name)) {
        if (s->level >= SCS_REDACT_STANDARD || folded) {
            scs_scrub_blank(line, out);
        }
        return;
    }
    struct scs_cursor inner = trimmed(value), head = scs_cursor_first(line, (size_t)(inner.off - line->off));
    struct scs_cursor tail = value;
    scs_scrub_copy(&head, out);
    if (scs_cursor_skip(&tail, inner.off - value.off + inner.len)) {
        scs_scrub_copy(&tail, out);
    }
    read_framing(&name, inner, f);
    scrub_value(s, rule_of(&name), &inner, out);
}

/* ---- heads ----------------------------------------------------------------------------------------- */

/* METHOD target HTTP/1.1; the target may hold spaces, so it ends before the last word. */
static void scrub_request_line(struct reader *r, const struct scs_cursor *line)
{
    struct scs_cursor rest = *line, method, target, version;
    struct request *request = &r->requests[r->num_requests++];
    *request = (struct request){0};
    if (!scs_cursor_until(&rest, ' ', &method)) {
        return;
    }
    struct scs_cursor head = scs_cursor_first(line, method.len + 1);
    scs_scrub_copy(&head, r->stream->out);
    request->head = scs_cursor_equals(&method, "HEAD");
    request->connect = scs_cursor_equals(&method, "CONNECT");
    target = rest;
    for (size_t i = rest.len; i-- > 0;) {
        version = rest;
        if (rest.p[i] == ' ' && scs_cursor_skip(&version, i) && scs_cursor_starts(&version, " HTTP/")) {
            scs_scrub_copy(&version, r->stream->out);
            target.len = i;
            break;
        }
    }
    (request->connect ? scs_scrub_host : scs_scrub_url)(r->s, &target, r->stream->out);
}

/* HTTP/1.1 200 Reason. A reason of the server's own may say anything, yet IIS's are known sentences. */
static unsigned scrub_status_line(struct reader *r, const struct scs_cursor *line)
{
    struct scs_cursor rest = *line, version, head;
    uint64_t status = 0;
    if (!scs_cursor_until(&rest, ' ', &version) || !scs_cursor_decimal(&rest, 999, &status)) {
        return 0;
    }
    head = scs_cursor_first(line, line->len - rest.len);
    scs_scrub_copy(&head, r->stream->out);
    scs_scrub_text(r->s, &rest, r->stream->out);
    return (unsigned)status;
}

static void copy_line_end(struct reader *r, const struct scs_cursor *line, const struct scs_cursor *after)
{
    struct scs_cursor end = {
        .p = line->p + line->len, .len = (size_t)(after->off - line->off) - line->len, .off = line->off + (uint32_t)line->len};
    scs_scrub_copy(&end, r->stream->out);
}

static struct framing scrub_head(struct reader *r, struct scs_cursor head)
{
    struct framing f = {0};
    struct scs_cursor line;
    unsigned status = 0;
    bool first = true;
    while (scs_cursor_line(&head, &line)) {
        if (!first && line.len != 0) {
            scrub_field(r->s, &line, r->stream->out, &f);
        } else if (first && r->is_request) {
            scrub_request_line(r, &line);
        } else if (first) {
            status = scrub_status_line(r, &line);
        }
        copy_line_end(r, &line, &head);
        first = false;
    }
    if (r->is_request) {
        f.has_body = f.has_body || f.chunked;
        return f;
    }
    struct request q = r->next_request < r->num_requests ? r->requests[r->next_request] : (struct request){0};
    bool interim = status >= 100 && status < 200 && status != 101;
    r->next_request += !interim;
    if (q.connect && status >= 200 && status < 300) {
        r->tunnel = head.off;
    } else if (status == 101) {
        r->foreign = true; /* HTTP/2 as a rule, which is not read here */
    }
    f.to_close = !f.has_body && !f.chunked;
    f.has_body = !q.head && !interim && status != 204 && status != 304;
    return f;
}

/* ---- bodies ---------------------------------------------------------------------------------------- */

static bool is_caps(const struct scs_cursor *body)
{
    static const char *const words[] = {
        "AES",     "DES3",         "GetNextCACert", "POSTPKIOperation", "Renewal", "SHA-1", "SHA-256",
        "SHA-384", "SHA-512",      "SHA1",          "SHA256",           "SHA512",  "MD5",   "DES",
        "Update",  "SCEPStandard", "3DES",          "SHA224",           "SHA-224", NULL};
    struct scs_cursor c = *body, line;
    while (c.len != 0) {
        bool known = false;
        if (!scs_cursor_line(&c, &line) && !scs_cursor_take(&c, c.len, &line)) {
            return false;
        }
        line = trimmed(line);
        for (size_t i = 0; words[i] != NULL && !known; i++) {
            known = line.len == 0 || scs_cursor_equals_nocase(&line, words[i]);
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

static bool is_textual(const struct scs_cursor *type)
{
    return type->len == 0 || scs_cursor_starts_nocase(type, "text/") || scs_cursor_find_nocase(type, "html") != SIZE_MAX ||
           scs_cursor_find_nocase(type, "xml") != SIZE_MAX || scs_cursor_find_nocase(type, "json") != SIZE_MAX;
}

static const char *const pem_begin = "-----BEGIN ";

/* The base64 between the lines of a PEM file. */
static void scrub_pem(struct scs_scrub *s, const struct scs_cursor *body, uint8_t *out)
{
    struct scs_cursor c = *body, line;
    while (scs_cursor_line(&c, &line)) {
        struct scs_cursor inside = c, end = {.p = line.p, .len = (size_t)(c.off - line.off), .off = line.off};
        scs_scrub_copy(&end, out);
        size_t len = scs_cursor_find(&c, "-----END ");
        if (len == SIZE_MAX) {
            return;
        }
        inside = scs_cursor_first(&inside, len);
        scs_scrub_base64(s, &inside, out);
        if (!scs_cursor_skip(&c, len)) {
            return;
        }
        struct scs_cursor last = c;
        if (scs_cursor_line(&last, &line) || scs_cursor_take(&last, last.len, &line)) {
            line.len = (size_t)(last.off - line.off);
            scs_scrub_copy(&line, out);
            c = last;
        }
    }
}

static void scrub_body(struct reader *r, const struct scs_cursor *body, const struct framing *f, uint8_t *out)
{
    uint8_t first;
    bool asked = r->is_request;
    if (f->packed || !scs_cursor_peek(body, 0, &first)) {
        bool pages = is_textual(&f->type) || r->s->level >= SCS_REDACT_STANDARD;
        if (f->packed && pages) {
            scs_scrub_blank(body, out); /* what is compressed cannot be changed in place */
        }
    } else if (first == 0x30) {
        scs_scrub_der(r->s, body, out);
    } else if (!asked && is_caps(body)) {
        scs_scrub_copy(body, out);
    } else if (scs_cursor_starts(body, pem_begin)) {
        scrub_pem(r->s, body, out);
    } else if (scs_scrub_base64(r->s, body, out)) {
        return;
    } else if (asked) {
        scs_scrub_blank(body, out); /* forms, and what the policy module is given: challenges in clear */
    } else if (is_textual(&f->type)) {
        scs_scrub_page(r->s, body, out);
    }
}

/* ---- the stream ------------------------------------------------------------------------------------ */

static bool next_piece(struct reader *r)
{
    if (r->piece >= r->stream->num_pieces) {
        return false;
    }
    const struct scs_piece *p = &r->stream->pieces[r->piece++];
    r->c = (struct scs_cursor){.p = r->stream->in + p->from, .len = p->to - p->from, .off = p->from};
    return true;
}

/* A body of known length, or until the close. Behind a hole nothing of it is shown, but the next message is found. */
static void take_counted(struct reader *r, const struct framing *f)
{
    struct scs_gathered g;
    uint64_t end = f->to_close ? UINT64_MAX : (uint64_t)r->c.off + f->length;
    size_t present = end - r->c.off < r->c.len ? (size_t)(end - r->c.off) : r->c.len;
    struct scs_cursor part;
    scs_gathered_init(&g);
    if (scs_cursor_take(&r->c, present, &part)) {
        scs_gathered_add(&g, &part);
    }
    uint8_t *scrubbed = scs_gathered_begin(&g, r->s);
    struct scs_cursor body = scs_buf_cursor(&g.bytes);
    scrub_body(r, &body, f, scrubbed);
    scs_gathered_end(&g, scrubbed, r->stream->out);
    while (r->c.len == 0 && r->piece < r->stream->num_pieces && r->stream->pieces[r->piece].from < end && next_piece(r)) {
        size_t rest = end > r->c.off && end - r->c.off < r->c.len ? (size_t)(end - r->c.off) : r->c.len;
        if (scs_cursor_take(&r->c, rest, &part)) {
            scs_scrub_blank(&part, r->stream->out);
        }
    }
}

/* A chunk's size line; false when there is none whole. RFC 9112 7.1. */
static bool take_size(struct reader *r, uint64_t *size)
{
    struct scs_cursor c = r->c, line;
    uint8_t digit;
    unsigned digits = 0;
    if (!scs_cursor_line(&c, &line)) {
        return false;
    }
    struct scs_cursor whole = scs_cursor_first(&r->c, (size_t)(c.off - r->c.off));
    *size = 0;
    while (scs_cursor_peek(&line, 0, &digit)) {
        bool number = digit >= '0' && digit <= '9', letter = (digit | 32) >= 'a' && (digit | 32) <= 'f';
        if ((!number && !letter) || !scs_cursor_skip(&line, 1) || ++digits > MAX_CHUNK_DIGITS) {
            break;
        }
        *size = *size << 4 | (number ? digit - 48u : (digit | 32u) - 87u);
    }
    if (digits == 0 || digits > MAX_CHUNK_DIGITS) {
        return false;
    }
    scs_scrub_copy(&whole, r->stream->out);
    if (line.len != 0 && r->s->level >= SCS_REDACT_STANDARD) {
        scs_scrub_blank(&line, r->stream->out); /* an extension */
    }
    r->c = c;
    return true;
}

static void take_chunked(struct reader *r, const struct framing *f)
{
    struct scs_gathered g;
    struct scs_cursor part, line;
    uint64_t size;
    scs_gathered_init(&g);
    while (take_size(r, &size) && size != 0) {
        size_t present = size < r->c.len ? (size_t)size : r->c.len;
        if (!scs_cursor_take(&r->c, present, &part)) {
            break;
        }
        scs_gathered_add(&g, &part);
        struct scs_cursor end = r->c;
        if (present < size || !scs_cursor_line(&r->c, &line)) {
            break;
        }
        end.len = (size_t)(r->c.off - end.off);
        if (line.len == 0) {
            scs_scrub_copy(&end, r->stream->out);
        }
    }
    /* The trailer, as a rule an empty line. */
    struct scs_cursor before = r->c;
    if (scs_cursor_line(&r->c, &line)) {
        before.len = (size_t)(r->c.off - before.off);
        if (line.len == 0) {
            scs_scrub_copy(&before, r->stream->out);
        } else {
            r->c = before;
        }
    }
    uint8_t *scrubbed = scs_gathered_begin(&g, r->s);
    struct scs_cursor body = scs_buf_cursor(&g.bytes);
    scrub_body(r, &body, f, scrubbed);
    scs_gathered_end(&g, scrubbed, r->stream->out);
}

/*
 * A head that the capture cut: the lines that are whole, and of the last one what was seen. Half a word may be half a name
 * that nobody knows by its half; only a message in a query is read on its own.
 */
static void take_cut_head(struct reader *r)
{
    struct scs_cursor c = r->c, line, head = r->c;
    r->c.len = 0;
    while (scs_cursor_line(&c, &line)) {
    }
    struct framing f = scrub_head(r, head);
    line = c;
    if (line.len != 0 && line.off != head.off) {
        scrub_field(r->s, &line, r->stream->out, &f);
    } else if (line.len != 0 && r->is_request) {
        scrub_request_line(r, &line);
    }
    size_t message = scs_cursor_find_nocase(&line, "message="), keep = line.len;
    while (keep != 0 && line.p[keep - 1] != ' ' && line.p[keep - 1] != '/' && line.p[keep - 1] != '?') {
        keep--;
    }
    if ((message == SIZE_MAX || message < keep) && r->s->level >= SCS_REDACT_STANDARD && scs_cursor_skip(&line, keep)) {
        scs_scrub_blank(&line, r->stream->out);
    }
}

static void make_room(struct reader *r)
{
    if (r->is_request && (r->num_requests & (r->num_requests - 1)) == 0) {
        r->requests = scs_xrealloc(r->requests, r->num_requests == 0 ? 1 : 2 * (size_t)r->num_requests, sizeof *r->requests);
    }
}

static void take_message(struct reader *r)
{
    size_t len = scs_http1_head_end(&r->c, 0);
    struct scs_cursor head;
    make_room(r);
    if (len == 0 || !scs_cursor_take(&r->c, len, &head)) {
        take_cut_head(r);
        return;
    }
    struct framing f = scrub_head(r, head);
    if (r->tunnel != UINT32_MAX || !f.has_body) {
        return;
    }
    if (f.chunked) {
        take_chunked(r, &f);
    } else {
        take_counted(r, &f);
    }
}

static void read_direction(struct reader *r)
{
    while ((r->c.len != 0 || next_piece(r)) && r->tunnel == UINT32_MAX) {
        if (r->foreign || scs_cursor_starts(&r->c, "PRI * HTTP/2")) {
            scs_scrub_blank_rest(r->stream, r->c.off);
            return;
        }
        if (scs_http1_start(&r->c, r->is_request, true) == SCS_HTTP1_YES) {
            take_message(r);
            continue;
        }
        struct scs_cursor one = scs_cursor_first(&r->c, 1);
        if (one.p[0] == '\r' || one.p[0] == '\n') {
            scs_scrub_copy(&one, r->stream->out);
        }
        (void)!scs_cursor_skip(&r->c, 1);
    }
}

/* After CONNECT the tunnel begins where each side's first TLS record does. */
static void scrub_tunnel(struct scs_scrub *s, struct scs_scrub_stream *stream, uint32_t from)
{
    if (s->level >= SCS_REDACT_STANDARD) {
        scs_scrub_tls(s, stream, from);
    }
}

void scs_scrub_http(struct scs_scrub *s, struct scs_scrub_stream streams[2])
{
    struct reader asks = {.s = s, .stream = &streams[SCS_TO_SERVER], .is_request = true, .tunnel = UINT32_MAX};
    read_direction(&asks);
    struct reader answers = {.s = s,
                             .stream = &streams[SCS_TO_CLIENT],
                             .requests = asks.requests,
                             .num_requests = asks.num_requests,
                             .tunnel = UINT32_MAX};
    read_direction(&answers);
    if (answers.tunnel != UINT32_MAX) {
        uint32_t client_from = 0;
        struct scs_cursor c = {0};
        for (uint32_t i = 0; i < streams[SCS_TO_SERVER].num_pieces && client_from == 0; i++) {
            const struct scs_piece *p = &streams[SCS_TO_SERVER].pieces[i];
            c = (struct scs_cursor){.p = streams[SCS_TO_SERVER].in + p->from, .len = p->to - p->from, .off = p->from};
            while (c.len != 0 && !scs_tls_begins(&c) && scs_cursor_skip(&c, 1)) {
            }
            client_from = c.len != 0 ? c.off : 0;
        }
        if (client_from != 0) {
            scrub_tunnel(s, &streams[SCS_TO_SERVER], client_from);
        }
        scrub_tunnel(s, &streams[SCS_TO_CLIENT], answers.tunnel);
    }
    free(asks.requests);
}
