/* SPDX-License-Identifier: Apache-2.0 */
#include "http/message.h"

#include <string.h>

#include "base/text.h"
#include "scepscope/limits.h"

/* Characters shown of a GET message: its ASN.1 header, nothing of its contents. */
#define MESSAGE_SHOWN 64u

/* Nearly every field is short and plain: then there is nothing to clean. */
static bool is_plain(const struct scs_cursor *text)
{
    uint8_t c;
    bool plain = text->len <= SCS_MAX_TEXT;
    for (size_t i = 0; plain && scs_cursor_peek(text, i, &c); i++) {
        plain = c >= 0x20 && c < 0x7f;
    }
    return plain;
}

static const char *shared(const struct scs_http_hooks *hooks, const struct scs_cursor *text)
{
    char copy[SCS_MAX_TEXT + 1];
    if (text->len == 0) {
        return NULL;
    }
    if (!is_plain(text)) {
        return scs_intern_text(hooks->intern, text, SCS_MAX_TEXT);
    }
    memcpy(copy, text->p, text->len);
    copy[text->len] = '\0';
    return scs_intern_str(hooks->intern, copy);
}

static const char *field(const struct scs_http_hooks *hooks, const struct scs_http1_head *head, enum scs_http1_field which)
{
    return shared(hooks, &head->fields[which]);
}

/* "Name: value" of the first of `which` that is there; NULL. */
struct named_field {
    enum scs_http1_field field;
    const char *name;
};

static const char *named(const struct scs_http_hooks *hooks, const struct scs_http1_head *head, const struct named_field *which,
                         size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const struct scs_cursor *value = &head->fields[which[i].field];
        if (value->len == 0) {
            continue;
        }
        struct scs_buf line;
        scs_buf_init(&line, SCS_MAX_TEXT + 32);
        scs_buf_printf(&line, "%s: ", which[i].name);
        scs_buf_add(&line, value->p, value->len);
        struct scs_cursor text = scs_buf_cursor(&line);
        const char *s = shared(hooks, &text);
        scs_buf_cleanup(&line);
        return s;
    }
    return NULL;
}

static void read_common(const struct scs_http1_head *head, const struct scs_http_hooks *hooks, struct scs_http_message *out)
{
    static const struct named_field marks[] = {
        {SCS_HTTP1_VIA, "Via"}, {SCS_HTTP1_X_FORWARDED_FOR, "X-Forwarded-For"}, {SCS_HTTP1_X_MS_PROXY, "X-MS-Proxy"}};
    out->content_type = field(hooks, head, SCS_HTTP1_CONTENT_TYPE);
    out->content_encoding = field(hooks, head, SCS_HTTP1_CONTENT_ENCODING);
    out->via = named(hooks, head, marks, sizeof marks / sizeof *marks);
}

/* ---- requests ------------------------------------------------------------------------------------ */

/* Where the value of message= begins in a target, or SIZE_MAX. */
static size_t message_value(const struct scs_cursor *target)
{
    static const char name[] = "message=";
    struct scs_cursor rest = *target;
    for (;;) {
        size_t at = scs_cursor_find_nocase(&rest, name);
        uint8_t before;
        if (at == SIZE_MAX) {
            return SIZE_MAX;
        }
        if (at != 0 && scs_cursor_peek(&rest, at - 1, &before) && (before == '?' || before == '&')) {
            return rest.off - target->off + at + sizeof name - 1;
        }
        if (!scs_cursor_skip(&rest, at + 1)) {
            return SIZE_MAX;
        }
    }
}

static const char *target_text(const struct scs_http_hooks *hooks, const struct scs_cursor *target)
{
    struct scs_cursor shown = scs_cursor_first(target, SCS_MAX_TEXT), rest = *target, value;
    size_t at = message_value(&shown);
    if (at == SIZE_MAX || !scs_cursor_skip(&rest, at)) {
        return shared(hooks, target);
    }
    bool more = scs_cursor_until(&rest, '&', &value);
    if ((more ? value.len : rest.len) <= MESSAGE_SHOWN) {
        return shared(hooks, target);
    }
    struct scs_buf text;
    scs_buf_init(&text, 2 * SCS_MAX_TEXT);
    scs_buf_add(&text, target->p, at + MESSAGE_SHOWN);
    scs_buf_text(&text, "...");
    if (more) {
        scs_buf_text(&text, "&");
        scs_buf_add(&text, rest.p, rest.len);
    }
    struct scs_cursor cut = scs_buf_cursor(&text);
    const char *s = scs_arena_text(hooks->keep, &cut, SCS_MAX_TEXT);
    scs_buf_cleanup(&text);
    return s;
}

/* Cuts "http://host:port" off an absolute target (RFC 9112 3.2.2); what is left is path and query. */
static struct scs_cursor take_authority(struct scs_cursor *target)
{
    struct scs_cursor authority = scs_cursor_first(target, 0), skipped;
    uint8_t c;
    if (!scs_cursor_until(target, ':', &skipped) || !scs_cursor_skip(target, 2)) {
        return authority;
    }
    size_t n = 0;
    while (scs_cursor_peek(target, n, &c) && c != '/' && c != '?') {
        n++;
    }
    (void)!scs_cursor_take(target, n, &authority);
    return authority;
}

void scs_message_read_request(const struct scs_http1_head *head, const struct scs_http_hooks *hooks, struct scs_http_request *out)
{
    struct scs_cursor rest = head->target, path, authority = {0};
    read_common(head, hooks, &out->m);
    out->method = shared(hooks, &head->method);
    out->target = target_text(hooks, &head->target);
    out->target_len = (uint32_t)head->target.len;
    if (head->flags & SCS_HTTP_ABSOLUTE_FORM) {
        authority = take_authority(&rest);
    }
    path = rest;
    if (scs_cursor_until(&rest, '?', &path)) {
        out->query_len = (uint32_t)rest.len;
    }
    out->path_len = (uint32_t)path.len;
    out->host = field(hooks, head, SCS_HTTP1_HOST);
    if (out->host == NULL) {
        out->host = scs_cursor_equals(&head->method, "CONNECT") ? shared(hooks, &head->target) : shared(hooks, &authority);
    }
    out->user_agent = field(hooks, head, SCS_HTTP1_USER_AGENT);
    out->authorization = head->present[SCS_HTTP1_AUTHORIZATION];
    out->cookie = head->present[SCS_HTTP1_COOKIE];
}

/* ---- replies ------------------------------------------------------------------------------------- */

/* Length of what lies before the next comma outside quotes. */
static size_t element_len(const struct scs_cursor *list)
{
    bool quoted = false;
    uint8_t c;
    size_t n = 0;
    for (; scs_cursor_peek(list, n, &c) && (quoted || c != ','); n++) {
        if (quoted && c == '\\') {
            n++;
        } else if (c == '"') {
            quoted = !quoted;
        }
    }
    return n < list->len ? n : list->len;
}

static bool is_token(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* The scheme that an element of a challenge list begins with; a parameter has = after its name. RFC 9110 11.6.1. */
static bool scheme_of(struct scs_cursor element, struct scs_cursor *out)
{
    uint8_t c;
    size_t n = 0;
    while (scs_cursor_peek(&element, 0, &c) && (c == ' ' || c == '\t') && scs_cursor_skip(&element, 1)) {
    }
    while (scs_cursor_peek(&element, n, &c) && is_token(c)) {
        n++;
    }
    if (n == 0 || !scs_cursor_take(&element, n, out)) {
        return false;
    }
    while (scs_cursor_peek(&element, 0, &c) && (c == ' ' || c == '\t') && scs_cursor_skip(&element, 1)) {
    }
    return !scs_cursor_peek(&element, 0, &c) || c != '=';
}

static const char *schemes(const struct scs_http_hooks *hooks, const struct scs_http1_head *head)
{
    struct scs_buf text;
    scs_buf_init(&text, SCS_MAX_TEXT);
    for (uint32_t i = 0; i < head->num_challenges; i++) {
        struct scs_cursor list = head->challenges[i], element, scheme;
        while (list.len != 0 && scs_cursor_take(&list, element_len(&list), &element)) {
            if (scheme_of(element, &scheme)) {
                scs_buf_text(&text, text.len == 0 ? "" : ", ");
                scs_buf_add(&text, scheme.p, scheme.len);
            }
            (void)!scs_cursor_skip(&list, 1);
        }
    }
    struct scs_cursor all = scs_buf_cursor(&text);
    const char *s = shared(hooks, &all);
    scs_buf_cleanup(&text);
    return s;
}

static unsigned month_of(const struct scs_cursor *c)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct scs_cursor three = scs_cursor_first(c, 3);
    for (unsigned m = 0; m < 12; m++) {
        char name[4] = {months[3 * m], months[3 * m + 1], months[3 * m + 2], 0};
        if (scs_cursor_equals_nocase(&three, name)) {
            return m + 1;
        }
    }
    return 0;
}

/* What a date is made of, in the order of its numbers; the three forms differ in order and separators only. */
struct date_parts {
    uint64_t number[5];
    unsigned num, month, month_at;
};

static void split_date(struct scs_cursor c, struct date_parts *out)
{
    uint8_t byte;
    while (out->num < 5 && scs_cursor_peek(&c, 0, &byte)) {
        if (byte >= '0' && byte <= '9') {
            if (!scs_cursor_decimal(&c, 9999, &out->number[out->num])) {
                return;
            }
            out->num++;
            continue;
        }
        unsigned month = out->month == 0 && byte >= 'A' ? month_of(&c) : 0;
        if (month != 0) {
            out->month = month;
            out->month_at = out->num;
        }
        (void)!scs_cursor_skip(&c, month != 0 ? 3 : 1);
    }
}

bool scs_message_date(const struct scs_cursor *text, int64_t *out_s)
{
    /* "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" */
    struct scs_cursor c = *text;
    struct date_parts d = {.num = 0};
    if (!scs_cursor_skip(&c, 3)) {
        return false; /* the day's name, which could hold a month's: "Mon" */
    }
    split_date(c, &d);
    if (d.num != 5 || d.month == 0 || d.month_at > 1) {
        return false;
    }
    bool asctime = d.month_at == 0;
    uint64_t year = asctime ? d.number[4] : d.number[1];
    const uint64_t *clock = &d.number[asctime ? 1 : 2];
    if (year < 100) {
        year += year < 70 ? 2000 : 1900;
    }
    return scs_time_from_civil((int)year, d.month, (unsigned)d.number[0], (unsigned)clock[0], (unsigned)clock[1],
                               (unsigned)clock[2], out_s);
}

void scs_message_read_reply(const struct scs_http1_head *head, const struct scs_http_hooks *hooks, struct scs_http_reply *out)
{
    static const struct named_field marks[] = {{SCS_HTTP1_AGE, "Age"}, {SCS_HTTP1_X_CACHE, "X-Cache"}};
    read_common(head, hooks, &out->m);
    out->status = head->status;
    out->reason = shared(hooks, &head->reason);
    out->server = field(hooks, head, SCS_HTTP1_SERVER);
    out->www_authenticate = schemes(hooks, head);
    out->location = field(hooks, head, SCS_HTTP1_LOCATION);
    out->retry_after = field(hooks, head, SCS_HTTP1_RETRY_AFTER);
    out->cache = named(hooks, head, marks, sizeof marks / sizeof *marks);
    if (!scs_message_date(&head->fields[SCS_HTTP1_DATE], &out->date_s)) {
        out->date_s = SCS_NO_TIME;
    }
}
