/* SPDX-License-Identifier: Apache-2.0 */
#include "report/redact.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hmac.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "platform/platform.h"
#include "report/token_map.h"

/* Distinct CA and RA names; one capture shows a handful. Beyond it a name is hidden, which is the safe side. */
#define MAX_KEPT 256u

struct scs_redactor {
    enum scs_redaction level;
    uint8_t key[SCS_HMAC_LEN];
    struct scs_arena *texts; /* what was returned */
    struct scs_arena *kept_names;
    const char *kept[MAX_KEPT];
    uint32_t num_kept;
    struct scs_token_map *map; /* NULL: nobody asked for it */
    bool keep_tokens;
};

struct scs_redactor *scs_redactor_new(enum scs_redaction level, const uint8_t key[32])
{
    struct scs_redactor *r = scs_xcalloc(1, sizeof *r);
    r->level = level;
    memcpy(r->key, key, sizeof r->key);
    r->texts = scs_arena_new();
    r->kept_names = scs_arena_new();
    return r;
}

void scs_redactor_free(struct scs_redactor *r)
{
    if (r != NULL) {
        scs_arena_free(r->texts);
        scs_arena_free(r->kept_names);
        scs_token_map_free(r->map);
        free(r);
    }
}

void scs_redactor_new_key(struct scs_redactor *r)
{
    scs_platform_random(r->key, sizeof r->key);
}

void scs_redactor_forget(struct scs_redactor *r)
{
    scs_arena_reset(r->texts);
}

static bool is_kept(const struct scs_redactor *r, const char *name)
{
    for (uint32_t i = 0; i < r->num_kept; i++) {
        if (strcmp(r->kept[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void scs_redactor_keep(struct scs_redactor *r, const char *name)
{
    if (name != NULL && r->num_kept < MAX_KEPT && !is_kept(r, name)) {
        r->kept[r->num_kept++] = scs_arena_strdup(r->kept_names, name);
    }
}

bool scs_cert_is_authority(const struct scs_cert_facts *c)
{
    return (c->flags & SCS_CERT_IS_CA) != 0 || (c->role != SCS_ROLE_UNKNOWN && c->role != SCS_ROLE_LEAF);
}

static void keep_authorities(struct scs_redactor *r, const struct scs_exchange *x)
{
    for (uint32_t i = 0; x->ca_certs != NULL && i < x->ca_certs->num_certificates; i++) {
        scs_redactor_keep(r, x->ca_certs->certificates[i]->subject);
        scs_redactor_keep(r, x->ca_certs->certificates[i]->issuer);
    }
    const struct scs_pki_message *reply = x->scep_reply;
    if (reply == NULL) {
        return;
    }
    if (reply->signer != NULL) {
        scs_redactor_keep(r, reply->signer->subject);
    }
    scs_redactor_keep(r, reply->signer_issuer);
    for (uint32_t i = 0; i < reply->num_certificates; i++) {
        if (scs_cert_is_authority(reply->certificates[i])) {
            scs_redactor_keep(r, reply->certificates[i]->subject);
        }
    }
}

void scs_redactor_keep_authorities(struct scs_redactor *r, const struct scs_model *m)
{
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        keep_authorities(r, m->exchanges[i]);
        scs_model_rest(m, i);
    }
}

struct scs_redactor *scs_redactor_for_model(enum scs_redaction level, const struct scs_model *m)
{
    struct scs_redactor *r = scs_redactor_new(level, m->redaction_key);
    scs_redactor_keep_authorities(r, m);
    return r;
}

size_t scs_redactor_token(struct scs_redactor *r, const char *kind, const void *value, size_t len, char out[SCS_TOKEN_TEXT])
{
    uint8_t mac[SCS_HMAC_LEN];
    scs_hmac(r->key, value, len, mac);
    int n = snprintf(out, SCS_TOKEN_TEXT, "%.16s-%02x%02x%02x%02x", kind, mac[0], mac[1], mac[2], mac[3]);
    scs_redactor_note(r, out, value, len);
    return n < 0 ? 0 : (size_t)n;
}

void scs_redactor_key_for(const struct scs_redactor *r, const char *purpose, uint8_t out[32])
{
    scs_hmac(r->key, purpose, strlen(purpose), out);
}

void scs_redactor_remember(struct scs_redactor *r)
{
    r->map = r->map == NULL ? scs_token_map_new() : r->map;
}

void scs_redactor_note(struct scs_redactor *r, const char *text, const void *value, size_t len)
{
    if (r->map != NULL) {
        scs_token_map_add(r->map, text, value, len);
    }
}

void scs_redactor_write_map(const struct scs_redactor *r, FILE *out)
{
    if (r->map != NULL) {
        scs_token_map_write(r->map, out);
    }
}

/* Moves a finished buffer into the redactor's arena. */
static const char *keep_text(struct scs_redactor *r, struct scs_buf *b)
{
    const char *text = scs_arena_strdup(r->texts, scs_buf_cstr(b));
    scs_buf_cleanup(b);
    return text;
}

void scs_redactor_keep_tokens(struct scs_redactor *r)
{
    r->keep_tokens = true;
}

/* "name-3fa2c1d0" and its kin. */
static bool is_token(const char *value, size_t len)
{
    static const char *const token_kinds[] = {"name", "host", "ip", "text", "target", "secret", "value", NULL};
    for (size_t i = 0; token_kinds[i] != NULL; i++) {
        size_t kind = strlen(token_kinds[i]);
        if (len == kind + 9 && memcmp(value, token_kinds[i], kind) == 0 && value[kind] == '-' &&
            strspn(value + kind + 1, "0123456789abcdef") >= 8) {
            return true;
        }
    }
    return false;
}

const char *scs_redact_known(struct scs_redactor *r, const char *sentence)
{
    if (r->map == NULL || sentence == NULL) {
        return sentence;
    }
    struct scs_buf out;
    scs_buf_init(&out, 64 * (strlen(sentence) + 16));
    for (size_t n; *sentence != '\0'; sentence += n) {
        const char *known = scs_token_map_begins(r->map, sentence, &n);
        if (known != NULL) {
            scs_buf_text(&out, known);
        } else {
            scs_buf_add(&out, sentence, n = 1);
        }
    }
    return keep_text(r, &out);
}

static void token(struct scs_redactor *r, struct scs_buf *out, const char *kind, const char *value, size_t len)
{
    char text[SCS_TOKEN_TEXT];
    if (r->keep_tokens && is_token(value, len)) {
        scs_buf_add(out, value, len);
        return;
    }
    scs_redactor_token(r, kind, value, len, text);
    scs_buf_text(out, text);
}

static const char *token_text(struct scs_redactor *r, const char *kind, const char *value, size_t len)
{
    struct scs_buf b;
    scs_buf_init(&b, 128);
    token(r, &b, kind, value, len);
    return keep_text(r, &b);
}

/* A redacted text is at most a token for every two bytes longer than the text it replaces. */
static void text_buf(struct scs_buf *b, const char *text)
{
    scs_buf_init(b, 16 * (strlen(text) + 16));
}

/* ---- distinguished names ------------------------------------------------------------------------- */

/* Attribute types that describe an organisation or place, not a person or device. */
static bool harmless_type(const struct scs_redactor *r, const char *type, size_t len)
{
    static const char *const types[] = {"C", "O", "L", "ST", "S", "DC", NULL};
    for (size_t i = 0; r->level < SCS_REDACT_STRICT && types[i] != NULL; i++) {
        if (strlen(types[i]) == len && memcmp(types[i], type, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Length up to the next unescaped comma or plus sign (RFC 4514 2.1, 2.2, 2.4). */
static size_t component_len(const char *p)
{
    size_t n = 0;
    while (p[n] != '\0' && p[n] != ',' && p[n] != '+') {
        n += p[n] == '\\' && p[n + 1] != '\0' ? 2 : 1;
    }
    return n;
}

static void redact_component(struct scs_redactor *r, struct scs_buf *out, const char *p, size_t len)
{
    size_t lead = 0;
    while (lead < len && p[lead] == ' ') {
        lead++;
    }
    scs_buf_add(out, p, lead);
    const char *equals = memchr(p + lead, '=', len - lead);
    size_t type_len = equals == NULL ? 0 : (size_t)(equals - (p + lead));
    if (equals != NULL && harmless_type(r, p + lead, type_len)) {
        scs_buf_add(out, p + lead, len - lead);
        return;
    }
    size_t value_at = equals == NULL ? lead : lead + type_len + 1;
    scs_buf_add(out, p + lead, value_at - lead);
    size_t end = len;
    while (end > value_at && p[end - 1] == ' ') {
        end--;
    }
    if (end > value_at) {
        token(r, out, "name", p + value_at, end - value_at);
    }
    scs_buf_add(out, p + end, len - end);
}

const char *scs_redact_subject(struct scs_redactor *r, const char *name)
{
    if (name == NULL || r->level < SCS_REDACT_STANDARD || (r->level < SCS_REDACT_STRICT && is_kept(r, name))) {
        return name;
    }
    struct scs_buf out;
    text_buf(&out, name);
    for (;;) {
        size_t n = component_len(name);
        redact_component(r, &out, name, n);
        name += n;
        if (*name == '\0') {
            return keep_text(r, &out);
        }
        scs_buf_byte(&out, (uint8_t)*name++);
    }
}

const char *scs_redact_name(struct scs_redactor *r, const char *value)
{
    return value == NULL || r->level < SCS_REDACT_STANDARD ? value : token_text(r, "name", value, strlen(value));
}

enum scs_redaction scs_redactor_level(const struct scs_redactor *r)
{
    return r->level;
}

const char *scs_redaction_name(enum scs_redaction level)
{
    static const char *const names[] = {[SCS_REDACT_NONE] = "none",
                                        [SCS_REDACT_SECRETS] = "secrets",
                                        [SCS_REDACT_STANDARD] = "standard",
                                        [SCS_REDACT_STRICT] = "strict"};
    return names[level];
}

bool scs_redact_is_strict(const struct scs_redactor *r)
{
    return r->level == SCS_REDACT_STRICT;
}

const char *scs_redact_authority(struct scs_redactor *r, const char *name)
{
    return r->level < SCS_REDACT_STRICT ? name : scs_redact_subject(r, name);
}

const char *scs_redact_server_san(struct scs_redactor *r, const char *san)
{
    return r->level < SCS_REDACT_STRICT ? san : scs_redact_san(r, san);
}

const char *scs_redact_san(struct scs_redactor *r, const char *san)
{
    if (san == NULL || r->level < SCS_REDACT_STANDARD) {
        return san;
    }
    const char *colon = strchr(san, ':');
    const char *value = colon == NULL ? san : colon + 1;
    struct scs_buf out;
    text_buf(&out, san);
    scs_buf_add(&out, san, (size_t)(value - san));
    token(r, &out, "name", value, strlen(value));
    return keep_text(r, &out);
}

/* ---- addresses and hosts ------------------------------------------------------------------------- */

static bool hides_addr(const struct scs_redactor *r, const struct scs_addr *addr)
{
    return r->level == SCS_REDACT_STRICT || (r->level == SCS_REDACT_STANDARD && !scs_addr_private(addr));
}

const char *scs_redact_addr(struct scs_redactor *r, const struct scs_addr *addr)
{
    char text[SCS_ENDPOINT_TEXT];
    scs_addr_text(addr, text);
    return hides_addr(r, addr) ? token_text(r, "ip", text, strlen(text)) : scs_arena_strdup(r->texts, text);
}

const char *scs_redact_endpoint(struct scs_redactor *r, const struct scs_endpoint *endpoint)
{
    if (!hides_addr(r, &endpoint->addr)) {
        char text[SCS_ENDPOINT_TEXT];
        return scs_arena_strdup(r->texts, scs_endpoint_text(endpoint, text));
    }
    return scs_arena_printf(r->texts, "%s:%u", scs_redact_addr(r, &endpoint->addr), endpoint->port);
}

/* A host name of `len` bytes becomes a token; names compare without case (RFC 4343). */
static void host_token(struct scs_redactor *r, struct scs_buf *out, const char *host, size_t len)
{
    char *folded = scs_arena_alloc(r->texts, len + 1);
    for (size_t i = 0; i < len; i++) {
        folded[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] + 32 : host[i]);
    }
    token(r, out, "host", folded, len);
}

const char *scs_redact_host(struct scs_redactor *r, const char *host)
{
    struct scs_endpoint e;
    if (host == NULL) {
        return NULL;
    }
    if (scs_endpoint_parse(host, &e)) {
        if (!hides_addr(r, &e.addr)) {
            return host;
        }
        return e.port == 0 ? scs_redact_addr(r, &e.addr) : scs_redact_endpoint(r, &e);
    }
    if (r->level < SCS_REDACT_STRICT) {
        return host;
    }
    struct scs_buf out;
    text_buf(&out, host);
    size_t name_len = strcspn(host, ":");
    host_token(r, &out, host, name_len);
    scs_buf_text(&out, host + name_len);
    return keep_text(r, &out);
}

/* ---- free text ----------------------------------------------------------------------------------- */

/* Characters that an address with port consists of. */
static bool address_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':' || c == '[' ||
           c == ']';
}

static bool word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' ||
           c == '@' || c == ':' || c == '[' || c == ']' || c == '%' || c == '+' || (unsigned char)c >= 0x80;
}

/* Labels with dots between and a last one of letters: a host name, or a file name that is hidden along with them. */
static bool looks_like_host(const char *word, size_t len)
{
    size_t letters = 0;
    while (letters < len && ((word[len - 1 - letters] | 32) >= 'a') && ((word[len - 1 - letters] | 32) <= 'z')) {
        letters++;
    }
    return letters >= 2 && letters + 1 < len && word[len - 1 - letters] == '.' && memchr(word, '@', len) == NULL;
}

/* One word of free text: an address, a user name with @, or nothing to hide. */
static void redact_word(struct scs_redactor *r, struct scs_buf *out, const char *word, size_t len)
{
    char text[SCS_ENDPOINT_TEXT];
    struct scs_endpoint e;
    size_t end = len;
    while (end > 0 && (word[end - 1] == '.' || word[end - 1] == ':')) {
        end--;
    }
    size_t n = 0;
    while (n < end && address_char(word[n])) {
        n++;
    }
    if (n == end && n > 1 && n < sizeof text) {
        memcpy(text, word, n);
        text[n] = '\0';
        if (scs_endpoint_parse(text, &e) && hides_addr(r, &e.addr)) {
            scs_buf_text(out, e.port == 0 ? scs_redact_addr(r, &e.addr) : scs_redact_endpoint(r, &e));
            scs_buf_add(out, word + end, len - end);
            return;
        }
    }
    if (r->level == SCS_REDACT_STRICT && looks_like_host(word, end)) {
        host_token(r, out, word, end);
        scs_buf_add(out, word + end, len - end);
        return;
    }
    const char *at = memchr(word, '@', end);
    if (at != NULL && at != word && (size_t)(at - word) + 1 < end) {
        token(r, out, "name", word, end);
        scs_buf_add(out, word + end, len - end);
        return;
    }
    scs_buf_add(out, word, len);
}

const char *scs_redact_text(struct scs_redactor *r, const char *text)
{
    if (text == NULL || r->level < SCS_REDACT_STANDARD) {
        return text;
    }
    struct scs_buf out;
    text_buf(&out, text);
    while (*text != '\0') {
        size_t n = 0;
        while (word_char(text[n])) {
            n++;
        }
        redact_word(r, &out, text, n);
        text += n;
        if (*text != '\0') {
            scs_buf_byte(&out, (uint8_t)*text++);
        }
    }
    return keep_text(r, &out);
}

const char *scs_redact_payload(struct scs_redactor *r, const char *text)
{
    if (text == NULL || r->level < SCS_REDACT_STRICT) {
        return scs_redact_text(r, text);
    }
    return token_text(r, "text", text, strlen(text));
}

const char *scs_redact_agent(struct scs_redactor *r, const char *agent)
{
    return agent == NULL || r->level < SCS_REDACT_STRICT ? agent : token_text(r, "text", agent, strlen(agent));
}

const char *scs_redact_attribute(struct scs_redactor *r, const char *attribute)
{
    const char *equals = attribute == NULL ? NULL : strchr(attribute, '=');
    if (equals == NULL || r->level < SCS_REDACT_STANDARD) {
        return attribute;
    }
    struct scs_buf out;
    text_buf(&out, attribute);
    scs_buf_add(&out, attribute, (size_t)(equals - attribute) + 1);
    token(r, &out, "value", equals + 1, strlen(equals + 1));
    return keep_text(r, &out);
}

/* ---- targets ------------------------------------------------------------------------------------- */

bool scs_redact_names_secret(const char *name, size_t len)
{
    static const char *const words[] = {"pass", "pwd", "challenge", "secret", "token", "otp", NULL};
    char copy[64];
    len = len < sizeof copy ? len : sizeof copy - 1;
    memcpy(copy, name, len);
    copy[len] = '\0';
    for (size_t i = 0; words[i] != NULL; i++) {
        if (scs_text_contains_nocase(copy, words[i])) {
            return true;
        }
    }
    return false;
}

/* Hides the values of parameters that carry secrets; everything else of the query stays. */
static void redact_query(struct scs_redactor *r, struct scs_buf *out, const char *query)
{
    while (*query != '\0') {
        size_t n = strcspn(query, "&;");
        const char *equals = memchr(query, '=', n);
        size_t name_len = equals == NULL ? n : (size_t)(equals - query);
        if (equals != NULL && scs_redact_names_secret(query, name_len) && name_len + 1 < n) {
            scs_buf_add(out, query, name_len + 1);
            token(r, out, "secret", equals + 1, n - name_len - 1);
        } else {
            scs_buf_add(out, query, n);
        }
        query += n;
        if (*query != '\0') {
            scs_buf_byte(out, (uint8_t)*query++);
        }
    }
}

const char *scs_redact_target(struct scs_redactor *r, const char *target)
{
    if (target == NULL || r->level == SCS_REDACT_NONE) {
        return target;
    }
    if (r->level == SCS_REDACT_STRICT) {
        return token_text(r, "target", target, strlen(target));
    }
    struct scs_buf out;
    text_buf(&out, target);
    size_t path_len = strcspn(target, "?");
    scs_buf_add(&out, target, path_len);
    redact_query(r, &out, target + path_len);
    return scs_redact_text(r, keep_text(r, &out));
}

/* ---- facts of findings --------------------------------------------------------------------------- */

typedef const char *redaction_of(struct scs_redactor *r, const char *text);

static const struct {
    const char *fact;
    redaction_of *redact;
} fact_kinds[] = {
    {"address", scs_redact_host},
    {"other_server", scs_redact_host},
    {"page", scs_redact_payload},
    {"client", scs_redact_host},
    {"server", scs_redact_host},
    {"host", scs_redact_host},
    {"alias_host", scs_redact_host},
    {"published_host", scs_redact_host},
    {"resolver", scs_redact_host},
    {"sni", scs_redact_host},
    {"subject", scs_redact_subject},
    {"signer", scs_redact_subject},
    {"signer_issuer", scs_redact_subject},
    {"account", scs_redact_name},
    {"ca", scs_redact_host},
    {"issuer", scs_redact_authority},
    {"certificate", scs_redact_authority}, /* a server's: its names are no person's */
    {"names", scs_redact_server_san},
    {"san", scs_redact_san},
    {"target", scs_redact_target},
    {"path", scs_redact_target},
    {"url", scs_redact_target},
    {"location", scs_redact_target},
    {"user_agent", scs_redact_agent},
    {"body", scs_redact_payload},
    {"fail_info_text", scs_redact_payload},
};

const char *scs_redact_fact(struct scs_redactor *r, const char *fact, const char *text)
{
    for (size_t i = 0; i < sizeof fact_kinds / sizeof fact_kinds[0]; i++) {
        if (strcmp(fact_kinds[i].fact, fact) == 0) {
            return fact_kinds[i].redact(r, text);
        }
    }
    /* A distinguished name under a name of its own. */
    return text != NULL && strstr(text, "CN=") != NULL ? scs_redact_subject(r, text) : scs_redact_text(r, text);
}
