/* SPDX-License-Identifier: Apache-2.0 */
#include "dissectors/http1_head.h"

#include <llhttp.h>
#include <string.h>

#include "base/text.h"

/* Longest method looked at; the registry's longest is BASELINE-CONTROL and UPDATEREDIRECTREF (17). */
#define MAX_METHOD 24u

/* ---- where a message begins ---------------------------------------------------------------------- */

/* Compares as far as both go: a shorter cursor that agrees so far is SCS_HTTP1_MAYBE. */
static enum scs_http1_start prefix(const struct scs_cursor *bytes, const char *text)
{
    size_t n = strlen(text);
    if (bytes->len >= n) {
        return scs_cursor_starts(bytes, text) ? SCS_HTTP1_YES : SCS_HTTP1_NO;
    }
    return bytes->len == 0 || memcmp(bytes->p, text, bytes->len) == 0 ? SCS_HTTP1_MAYBE : SCS_HTTP1_NO;
}

/* RFC 9112 4: HTTP/1.1 SP 3DIGIT. Nothing shorter than a status says what it is. */
static enum scs_http1_start reply_start(const struct scs_cursor *bytes)
{
    static const char shape[] = "HTTP/9.9 999";
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        uint8_t c;
        if (!scs_cursor_peek(bytes, i, &c)) {
            return SCS_HTTP1_MAYBE;
        }
        if (shape[i] == '9' ? c < '0' || c > '9' : c != (uint8_t)shape[i]) {
            return SCS_HTTP1_NO;
        }
    }
    return SCS_HTTP1_YES;
}

static enum scs_http1_start any_method(const struct scs_cursor *bytes)
{
    for (size_t i = 0; i < MAX_METHOD; i++) {
        uint8_t c;
        if (!scs_cursor_peek(bytes, i, &c)) {
            return SCS_HTTP1_MAYBE;
        }
        if (c == ' ' && i >= 3) {
            return SCS_HTTP1_YES;
        }
        if ((c < 'A' || c > 'Z') && (i == 0 || (c != '-' && c != '_'))) {
            return SCS_HTTP1_NO;
        }
    }
    return SCS_HTTP1_NO;
}

/* A method of every day and the first character of a target: enough to tell a request from a message's inside. */
static enum scs_http1_start usual_request(const struct scs_cursor *bytes)
{
    static const char *const starts[] = {"GET /",     "POST /",    "GET http", "POST http", "HEAD /",     "PUT /",   "HEAD http",
                                         "OPTIONS /", "OPTIONS *", "DELETE /", "PATCH /",   "PROPFIND /", "CONNECT "};
    enum scs_http1_start best = SCS_HTTP1_NO;
    uint8_t first;
    if (!scs_cursor_peek(bytes, 0, &first) || memchr("GPHODC", first, 6) == NULL) {
        return SCS_HTTP1_NO;
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        enum scs_http1_start one = prefix(bytes, starts[i]);
        if (one == SCS_HTTP1_YES) {
            return one;
        }
        if (one == SCS_HTTP1_MAYBE) {
            best = one;
        }
    }
    return best;
}

enum scs_http1_start scs_http1_start(const struct scs_cursor *bytes, bool request, bool strict)
{
    if (strict) {
        return request ? usual_request(bytes) : reply_start(bytes);
    }
    /* A TLS record: handshake, version 3.x. RFC 8446 5.1. */
    enum scs_http1_start tls = prefix(bytes, "\x16\x03");
    if (tls != SCS_HTTP1_NO) {
        return tls == SCS_HTTP1_YES ? SCS_HTTP1_OTHER : tls;
    }
    if (!request) {
        return reply_start(bytes);
    }
    /* RFC 9113 3.4: the preface of an HTTP/2 connection. */
    enum scs_http1_start http2 = prefix(bytes, "PRI * HTTP/2");
    if (http2 != SCS_HTTP1_NO) {
        return http2 == SCS_HTTP1_YES ? SCS_HTTP1_OTHER : http2;
    }
    return any_method(bytes);
}

size_t scs_http1_head_end(const struct scs_cursor *bytes, size_t from)
{
    struct scs_cursor rest = *bytes, skipped;
    if (!scs_cursor_skip(&rest, from)) {
        return 0;
    }
    /* Lines may end in a bare LF (RFC 9112 2.2). */
    while (scs_cursor_until(&rest, '\n', &skipped)) {
        uint8_t c;
        if (!scs_cursor_peek(&rest, 0, &c)) {
            return 0;
        }
        if (c == '\n') {
            return bytes->len - rest.len + 1;
        }
        if (c == '\r' && scs_cursor_peek(&rest, 1, &c) && c == '\n') {
            return bytes->len - rest.len + 2;
        }
    }
    return 0;
}

/* ---- start line ---------------------------------------------------------------------------------- */

static struct scs_cursor trimmed(struct scs_cursor c)
{
    uint8_t edge;
    while (scs_cursor_peek(&c, 0, &edge) && (edge == ' ' || edge == '\t') && scs_cursor_skip(&c, 1)) {
    }
    while (c.len != 0 && scs_cursor_peek(&c, c.len - 1, &edge) && (edge == ' ' || edge == '\t' || edge == '\r')) {
        c = scs_cursor_first(&c, c.len - 1);
    }
    return c;
}

/* "HTTP/1.1" at the end of a request line, after a space; cuts it off. */
static bool take_version(struct scs_cursor *line, uint8_t *version)
{
    static const size_t len = sizeof " HTTP/1.1" - 1;
    struct scs_cursor whole = trimmed(*line), head, tail = whole;
    uint8_t major, minor;
    if (whole.len < len || !scs_cursor_take(&tail, whole.len - len, &head) || !scs_cursor_starts_nocase(&tail, " HTTP/") ||
        !scs_cursor_peek(&tail, 6, &major) || !scs_cursor_peek(&tail, 8, &minor) || major < '0' || major > '9' || minor < '0' ||
        minor > '9') {
        return false;
    }
    *version = (uint8_t)((major - '0') * 10 + (minor - '0'));
    *line = head;
    return true;
}

/*
 * Some devices break the base64 of a GET into lines and send them so: then the request line goes on until
 * a line ends with a version. Such lines have no colon, which every header field has.
 */
static void join_broken_line(struct scs_cursor *rest, struct scs_cursor *line, uint8_t *version, bool *has_version)
{
    struct scs_cursor at = *rest, next;
    while (scs_cursor_line(&at, &next) && next.len != 0 && scs_cursor_find(&next, ":") == SIZE_MAX) {
        if (take_version(&next, version)) {
            *line = (struct scs_cursor){.p = line->p, .len = next.off + next.len - line->off, .off = line->off};
            *rest = at;
            *has_version = true;
            return;
        }
    }
}

static void read_request_line(struct scs_cursor *rest, struct scs_http1_head *out)
{
    struct scs_cursor line;
    out->line_complete = scs_cursor_line(rest, &line);
    if (!out->line_complete) {
        line = *rest;
        (void)!scs_cursor_skip(rest, rest->len);
    }
    out->version = 9;
    if (out->line_complete) {
        out->has_version = take_version(&line, &out->version);
        if (!out->has_version) {
            join_broken_line(rest, &line, &out->version, &out->has_version);
        }
    }
    struct scs_cursor method;
    if (!scs_cursor_until(&line, ' ', &method)) {
        return;
    }
    out->method = method;
    /* First and last space delimit the target: base64 whose + became a space has more of them. */
    out->target = out->line_complete ? trimmed(line) : line;
    out->readable = method.len != 0 && out->target.len != 0;
    if (scs_cursor_starts_nocase(&out->target, "http://") || scs_cursor_starts_nocase(&out->target, "https://")) {
        out->flags |= SCS_HTTP_ABSOLUTE_FORM;
    }
}

static void read_status_line(struct scs_cursor *rest, struct scs_http1_head *out)
{
    struct scs_cursor line;
    uint64_t status;
    uint8_t major, minor;
    out->line_complete = scs_cursor_line(rest, &line);
    if (!out->line_complete) {
        line = *rest;
        (void)!scs_cursor_skip(rest, rest->len);
    }
    if (!scs_cursor_peek(&line, 5, &major) || !scs_cursor_peek(&line, 7, &minor) || !scs_cursor_skip(&line, 9)) {
        return;
    }
    struct scs_cursor digits = scs_cursor_first(&line, 3);
    if (digits.len != 3 || !scs_cursor_decimal(&digits, 999, &status) || !scs_cursor_skip(&line, 3)) {
        return;
    }
    out->version = (uint8_t)((major - '0') * 10 + (minor - '0'));
    out->has_version = true;
    out->status = (uint16_t)status;
    out->reason = trimmed(line);
    out->readable = true;
}

/* ---- header fields ------------------------------------------------------------------------------- */

struct field_name {
    const char *name;
    uint8_t len;
    uint8_t field;
};

#define NAME(text, id)                                                                                                           \
    {                                                                                                                            \
        text, sizeof text - 1, id                                                                                                \
    }
static const struct field_name field_names[] = {
    NAME("host", SCS_HTTP1_HOST),
    NAME("content-type", SCS_HTTP1_CONTENT_TYPE),
    NAME("content-encoding", SCS_HTTP1_CONTENT_ENCODING),
    NAME("user-agent", SCS_HTTP1_USER_AGENT),
    NAME("authorization", SCS_HTTP1_AUTHORIZATION),
    NAME("cookie", SCS_HTTP1_COOKIE),
    NAME("expect", SCS_HTTP1_EXPECT),
    NAME("via", SCS_HTTP1_VIA),
    NAME("x-forwarded-for", SCS_HTTP1_X_FORWARDED_FOR),
    NAME("x-ms-proxy", SCS_HTTP1_X_MS_PROXY),
    NAME("server", SCS_HTTP1_SERVER),
    NAME("www-authenticate", SCS_HTTP1_WWW_AUTHENTICATE),
    NAME("location", SCS_HTTP1_LOCATION),
    NAME("retry-after", SCS_HTTP1_RETRY_AFTER),
    NAME("age", SCS_HTTP1_AGE),
    NAME("x-cache", SCS_HTTP1_X_CACHE),
    NAME("date", SCS_HTTP1_DATE),
    NAME("upgrade", SCS_HTTP1_UPGRADE),
};
#undef NAME

enum scs_http1_field scs_http1_field_named(const struct scs_cursor *name)
{
    for (size_t i = 0; i < sizeof field_names / sizeof *field_names; i++) {
        if (field_names[i].len == name->len && scs_cursor_starts_nocase(name, field_names[i].name)) {
            return (enum scs_http1_field)field_names[i].field;
        }
    }
    return SCS_HTTP1_FIELDS;
}

/* llhttp's callbacks fill a head. */
struct reading {
    struct scs_http1_head *out;
    enum scs_http1_field field;
    bool has_value; /* of this field line: a second piece means that the line was folded */
    bool done;
};

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct reading *r = parser->data;
    struct scs_cursor name = trimmed(scs_cursor_of(at, len));
    r->field = scs_http1_field_named(&name);
    r->has_value = false;
    if (r->field != SCS_HTTP1_FIELDS) {
        r->out->present[r->field] = true;
    }
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct reading *r = parser->data;
    if (r->has_value) {
        return HPE_USER; /* obs-fold (RFC 9112 5.2): mend the head first */
    }
    r->has_value = true;
    if (r->field == SCS_HTTP1_FIELDS) {
        return 0;
    }
    struct scs_http1_head *out = r->out;
    struct scs_cursor value = trimmed(scs_cursor_of(at, len));
    if (out->fields[r->field].len == 0) {
        out->fields[r->field] = value;
    }
    if (r->field == SCS_HTTP1_WWW_AUTHENTICATE && out->num_challenges < SCS_HTTP1_CHALLENGES) {
        out->challenges[out->num_challenges++] = value;
    }
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct reading *r = parser->data;
    struct scs_http1_head *out = r->out;
    if (parser->flags & F_CHUNKED) {
        out->flags |= SCS_HTTP_CHUNKED;
    }
    if (parser->flags & F_CONTENT_LENGTH) {
        out->flags |= SCS_HTTP_HAS_LENGTH;
        out->content_length = parser->content_length;
    }
    if (parser->flags & F_CONNECTION_CLOSE) {
        out->flags |= SCS_HTTP_CONNECTION_CLOSE;
    }
    r->done = true;
    return HPE_PAUSED; /* bodies are counted by the caller, who knows about holes */
}

static bool run_llhttp(const struct scs_cursor *fields, struct scs_http1_head *out)
{
    static const llhttp_settings_t settings = {
        .on_header_field = on_field, .on_header_value = on_value, .on_headers_complete = on_headers_complete};
    /* The start line was read already; any will do. */
    static const char start_line[] = "POST / HTTP/1.1\r\n";
    struct reading r = {.out = out, .field = SCS_HTTP1_FIELDS};
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &r;
    llhttp_set_lenient_headers(&parser, 1);
    llhttp_set_lenient_chunked_length(&parser, 1);
    llhttp_set_lenient_keep_alive(&parser, 1);
    llhttp_set_lenient_transfer_encoding(&parser, 1);
    if (llhttp_execute(&parser, start_line, sizeof start_line - 1) != HPE_OK) {
        return false;
    }
    if (fields->len != 0 && llhttp_execute(&parser, (const char *)fields->p, fields->len) != HPE_OK) {
        return false;
    }
    llhttp_execute(&parser, "\r\n", 2);
    return r.done;
}

/* Writes one field line in the form every reader takes, or nothing when it is no field. */
static void mend_line(struct scs_cursor line, bool *has_length, struct scs_buf *out)
{
    struct scs_cursor name;
    if (!scs_cursor_until(&line, ':', &name)) {
        return;
    }
    name = trimmed(name);
    line = trimmed(line);
    if (name.len == 0) {
        return;
    }
    bool is_length = scs_cursor_equals_nocase(&name, "content-length");
    uint64_t length = 0;
    if (is_length) {
        /* "5, 5" and a second field count once (RFC 9112 6.3); a number beyond any body stands for one. */
        uint8_t c;
        if (*has_length || !scs_cursor_peek(&line, 0, &c) || c < '0' || c > '9') {
            return;
        }
        *has_length = true;
        if (!scs_cursor_decimal(&line, UINT64_MAX / 2, &length)) {
            length = UINT64_MAX / 2;
        }
        scs_buf_printf(out, "Content-Length: %llu\r\n", (unsigned long long)length);
        return;
    }
    uint8_t c;
    for (size_t i = 0; scs_cursor_peek(&name, i, &c); i++) {
        scs_buf_byte(out, c <= 0x20 || c >= 0x7f ? '_' : c);
    }
    scs_buf_text(out, ": ");
    for (size_t i = 0; scs_cursor_peek(&line, i, &c); i++) {
        scs_buf_byte(out, c < 0x20 ? ' ' : c);
    }
    scs_buf_text(out, "\r\n");
}

/* A fold replaces the line end before it by spaces (RFC 9112 5.2). */
static bool folded_next(const struct scs_cursor *rest)
{
    uint8_t c;
    return scs_cursor_peek(rest, 0, &c) && (c == ' ' || c == '\t');
}

static void mend(struct scs_cursor fields, struct scs_buf *out)
{
    bool has_length = false;
    struct scs_cursor line, more;
    while (scs_cursor_line(&fields, &line)) {
        struct scs_cursor whole = line;
        while (folded_next(&fields) && scs_cursor_line(&fields, &more)) {
            whole.len = more.off + more.len - whole.off;
        }
        mend_line(whole, &has_length, out);
    }
}

static void read_fields(struct scs_cursor rest, struct scs_buf *scratch, struct scs_http1_head *out)
{
    /* Whole lines only: of a cut one nobody knows the rest. */
    struct scs_cursor fields = scs_cursor_first(&rest, 0), line, at = rest;
    while (scs_cursor_line(&at, &line) && line.len != 0) {
        fields = scs_cursor_first(&rest, rest.len - at.len);
    }
    struct scs_http1_head before = *out;
    if (run_llhttp(&fields, out)) {
        return;
    }
    *out = before;
    mend(fields, scratch);
    fields = scs_buf_cursor(scratch);
    if (!run_llhttp(&fields, out)) {
        *out = before;
        out->flags |= SCS_HTTP_MALFORMED;
    }
}

void scs_http1_read_head(const struct scs_cursor *bytes, bool request, bool complete, struct scs_buf *scratch,
                         struct scs_http1_head *out)
{
    struct scs_cursor rest = *bytes;
    *out = (struct scs_http1_head){.complete = complete, .len = (uint32_t)bytes->len};
    if (request) {
        read_request_line(&rest, out);
    } else {
        read_status_line(&rest, out);
    }
    scs_buf_clear(scratch);
    read_fields(rest, scratch, out);
    if (complete) {
        out->flags |= SCS_HTTP_HEAD_COMPLETE;
    }
    /* RFC 9112 6.3: what has no body whatever its fields say, and what lasts until the connection closes. */
    if (!request && (out->status < 200 || out->status == 204 || out->status == 304)) {
        out->flags |= SCS_HTTP_NO_MESSAGE_BODY;
    } else if (!request && complete && !(out->flags & (SCS_HTTP_CHUNKED | SCS_HTTP_HAS_LENGTH))) {
        out->flags |= SCS_HTTP_TO_CLOSE;
    }
    if (scs_cursor_starts_nocase(&out->fields[SCS_HTTP1_EXPECT], "100-continue")) {
        out->flags |= SCS_HTTP_EXPECT_CONTINUE;
    }
}
