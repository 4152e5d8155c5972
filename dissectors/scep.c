/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request target of a SCEP request, RFC 8894 4.1:
 *     /certsrv/mscep/mscep.dll/pkiclient.exe?operation=PKIOperation&message=MIAGCSq...
 * Paths, parameter names and operations are compared without case, as IIS does. Everything works on
 * the target as sent; nothing is allocated.
 */
#include "dissectors/scep.h"

#include <string.h>

#include "base/text.h"
#include "dissectors/facts_text.h"
#include "dissectors/scep_parts.h"
#include "scepscope/dissector.h"

struct operation {
    const char *name;
    uint8_t operation;
};

/* No other protocol uses these words: on any path they tell SCEP. */
static const struct operation operations[] = {
    {"GetCACaps", SCS_OP_GET_CA_CAPS},
    {"GetCACert", SCS_OP_GET_CA_CERT},
    {"GetNextCACert", SCS_OP_GET_NEXT_CA_CERT},
    {"PKIOperation", SCS_OP_PKI_OPERATION},
    {"NDESGenerateChallenge", SCS_OP_NDES_GENERATE_CHALLENGE},
    {"GetCACertChain", SCS_OP_OTHER}, /* draft-nourse-scep */
};

/* What Microsoft's Validate-NDESUrl.ps1 puts into message=. */
static const char validator[] = "NDESLongUrlValidator";

/* The next character of a path or parameter, percent-decoded, letters in lower case. */
static bool next_char(struct scs_cursor *c, uint8_t *out)
{
    uint8_t octet, escaped;
    if (!scs_cursor_u8(c, &octet)) {
        return false;
    }
    if (octet == '%' && scs_scep_hex_pair(c, &escaped)) {
        octet = escaped;
    }
    *out = octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet | 0x20) : octet;
    return true;
}

/* As next_char; a run of slashes counts as one, as it does for IIS: profiles often join URLs with two. */
static bool next_path_char(struct scs_cursor *c, uint8_t *out)
{
    if (!next_char(c, out)) {
        return false;
    }
    if (*out == '/') {
        struct scs_cursor after = *c;
        for (uint8_t more; next_char(&after, &more) && more == '/';) {
            *c = after;
        }
    }
    return true;
}

/* Moves past `prefix` (lower case) when the path begins with it. */
static bool skip_path(struct scs_cursor *path, const char *prefix)
{
    struct scs_cursor c = *path;
    for (uint8_t octet; *prefix != '\0'; prefix++) {
        uint8_t want = *prefix >= 'A' && *prefix <= 'Z' ? (uint8_t)(*prefix | 0x20) : (uint8_t)*prefix;
        if (!next_path_char(&c, &octet) || octet != want) {
            return false;
        }
    }
    *path = c;
    return true;
}

/* skip_path for whole segments: what follows is the end or a slash. */
static bool skip_segments(struct scs_cursor *path, const char *prefix)
{
    struct scs_cursor c = *path, after;
    uint8_t octet;
    if (!skip_path(&c, prefix)) {
        return false;
    }
    after = c;
    if (next_path_char(&after, &octet) && octet != '/') {
        return false;
    }
    *path = c;
    return true;
}

static bool is_word(struct scs_cursor value, const char *word)
{
    for (uint8_t octet; next_char(&value, &octet); word++) {
        uint8_t want = *word >= 'A' && *word <= 'Z' ? (uint8_t)(*word | 0x20) : (uint8_t)*word;
        if (want == '\0' || octet != want) {
            return false;
        }
    }
    return *word == '\0';
}

static bool on_user_path(const struct scs_cursor *path, const char *const *user_paths, uint32_t num_user_paths)
{
    for (uint32_t i = 0; i < num_user_paths; i++) {
        struct scs_cursor c = *path;
        if (skip_path(&c, user_paths[i])) {
            return true;
        }
    }
    return false;
}

/* Which application answers there; `rest` receives what follows its name. */
static uint8_t path_kind(const struct scs_cursor *path, struct scs_cursor *rest)
{
    *rest = *path;
    if (skip_segments(rest, "/certsrv/mscep_admin")) {
        return SCS_PATH_ADMIN;
    }
    if (skip_segments(rest, "/certsrv/mscep")) {
        if (!skip_segments(rest, "/mscep.dll")) {
            return SCS_PATH_MSCEP_INFO;
        }
        return skip_segments(rest, "/pkiclient.exe") ? SCS_PATH_PKICLIENT : SCS_PATH_MSCEP_DLL;
    }
    if (skip_segments(rest, "/CertificateRegistrationSvc") || skip_segments(rest, "/CMCertificateRegistration")) {
        return SCS_PATH_CRP;
    }
    return SCS_PATH_NOT_SCEP;
}

/* The absolute form (RFC 9112 3.2.2) is what proxies are sent: "http://ndes.contoso.com/certsrv/...". */
static void skip_authority(struct scs_cursor *c)
{
    uint8_t octet;
    if (!scs_cursor_starts_nocase(c, "http://") && !scs_cursor_starts_nocase(c, "https://")) {
        return;
    }
    if (!scs_cursor_skip(c, scs_cursor_find(c, "://") + 3)) {
        return;
    }
    while (scs_cursor_peek(c, 0, &octet) && octet != '/' && octet != '?' && scs_cursor_skip(c, 1)) {
    }
}

static void split_target(const struct scs_cursor *target, struct scs_scep_target *out)
{
    struct scs_cursor c = *target, part;
    skip_authority(&c);
    if (scs_cursor_until(&c, '?', &part)) {
        out->path = part;
        out->query = c;
    } else {
        out->path = c;
        out->query = scs_cursor_first(&c, 0);
    }
}

/* Parameters end at & only: + / = stand unescaped in messages. The first of each name counts. */
static void read_query(struct scs_scep_target *out, bool *has_operation)
{
    struct scs_cursor query = out->query, parameter, name;
    *has_operation = false;
    while (!scs_cursor_done(&query)) {
        if (!scs_cursor_until(&query, '&', &parameter)) {
            parameter = query;
            query = scs_cursor_first(&query, 0);
        }
        struct scs_cursor value = parameter;
        if (!scs_cursor_until(&value, '=', &name)) {
            continue;
        }
        if (!*has_operation && is_word(name, "operation")) {
            *has_operation = true;
            out->operation_name = value;
        } else if (!out->has_message && is_word(name, "message")) {
            out->has_message = true;
            out->message = value;
        }
    }
}

static const struct operation *find_operation(const struct scs_cursor *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (is_word(*name, operations[i].name)) {
            return &operations[i];
        }
    }
    return NULL;
}

/* The policy module's calls have no query; the last segment of the path is the action. */
static void read_crp_action(struct scs_cursor rest, struct scs_scep_target *out)
{
    static const struct operation actions[] = {
        {"/Certificate/VerifyRequest", SCS_OP_VERIFY_REQUEST},
        {"/VerifyRequest", SCS_OP_VERIFY_REQUEST},
        {"/Certificate/Notify", SCS_OP_NOTIFY},
        {"/Notify", SCS_OP_NOTIFY},
    };
    out->operation = SCS_OP_PAGE;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct scs_cursor c = rest;
        if (skip_segments(&c, actions[i].name)) {
            out->operation = actions[i].operation;
            return;
        }
    }
}

void scs_scep_read_target(const struct scs_cursor *target, const char *const *user_paths, uint32_t num_user_paths,
                          struct scs_scep_target *out)
{
    struct scs_cursor rest;
    bool has_operation;

    *out = (struct scs_scep_target){.operation = SCS_OP_OTHER};
    split_target(target, out);
    out->path_kind = path_kind(&out->path, &rest);
    if (out->path_kind == SCS_PATH_NOT_SCEP && on_user_path(&out->path, user_paths, num_user_paths)) {
        out->path_kind = SCS_PATH_USER;
    }
    if (out->path_kind == SCS_PATH_CRP) {
        read_crp_action(rest, out);
        return;
    }
    read_query(out, &has_operation);
    const struct operation *known = has_operation ? find_operation(&out->operation_name) : NULL;
    if (out->path_kind == SCS_PATH_NOT_SCEP) {
        if (known == NULL) {
            return;
        }
        out->path_kind = SCS_PATH_OPERATION;
    }
    out->operation = known != NULL ? known->operation : has_operation ? SCS_OP_OTHER : SCS_OP_PAGE;
    out->probe = scs_cursor_starts_nocase(&out->message, validator);
}

bool scs_scep_interesting(const struct scs_cursor *target, const char *const *user_paths, uint32_t num_user_paths)
{
    struct scs_scep_target read;
    scs_scep_read_target(target, user_paths, num_user_paths, &read);
    return read.path_kind != SCS_PATH_NOT_SCEP;
}

/* By the words a User-Agent holds; the first row that fits decides. */
enum scs_platform scs_scep_platform(const char *user_agent)
{
    static const struct {
        const char *word;
        enum scs_platform platform;
    } words[] = {
        {"NDES client", SCS_PLATFORM_WINDOWS},   {"NDES_Plugin", SCS_PLATFORM_NDES_PLUGIN}, {"Cisco PKI", SCS_PLATFORM_CISCO},
        {"PowerShell", SCS_PLATFORM_POWERSHELL}, {"CFNetwork", SCS_PLATFORM_APPLE},         {"Darwin/", SCS_PLATFORM_APPLE},
        {"profiled", SCS_PLATFORM_APPLE},        {"mdmclient", SCS_PLATFORM_APPLE},         {"Dalvik/", SCS_PLATFORM_ANDROID},
    };
    if (user_agent == NULL || *user_agent == '\0') {
        return SCS_PLATFORM_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (scs_text_contains_nocase(user_agent, words[i].word)) {
            return words[i].platform;
        }
    }
    if (scs_text_starts_nocase(user_agent, "Java/")) {
        return SCS_PLATFORM_JSCEP;
    }
    if (scs_text_starts_nocase(user_agent, "Go-http-client")) {
        return SCS_PLATFORM_MICROMDM;
    }
    if (scs_text_starts_nocase(user_agent, "curl/")) {
        return SCS_PLATFORM_CURL;
    }
    if (scs_text_starts_nocase(user_agent, "Mozilla/")) {
        return SCS_PLATFORM_BROWSER;
    }
    return scs_text_contains_nocase(user_agent, "Android") ? SCS_PLATFORM_ANDROID : SCS_PLATFORM_OTHER;
}

static void examine_target(const struct scs_cursor *in, struct scs_arena *arena, struct scs_buf *out)
{
    struct scs_scep_target t;
    struct scs_buf decoded;
    uint32_t flags;
    scs_scep_read_target(in, NULL, 0, &t);
    scs_buf_printf(out, "target path=%u operation=%u probe=%d has_message=%d\n  name %s\n", t.path_kind, t.operation, t.probe,
                   t.has_message, scs_arena_text(arena, &t.operation_name, SCS_MAX_TEXT));
    scs_buf_init(&decoded, SCS_MAX_BODY);
    enum scs_status st = scs_scep_decode_query(&t.message, &decoded, &flags);
    scs_buf_printf(out, "query status=%d flags=%x length=%zu before_end=%u\n", st, flags, decoded.len,
                   scs_scep_decoded_before(&t.message, t.message.off + (uint32_t)t.message.len));
    scs_buf_cleanup(&decoded);
}

static void examine_replies(const struct scs_cursor *in, struct scs_arena *arena, struct scs_buf *out)
{
    struct scs_cert_cache *cache = scs_cert_cache_new(arena);
    struct scs_caps caps;
    struct scs_ca_certs ca;
    scs_scep_read_caps(in, arena, &caps);
    scs_buf_printf(out, "caps known=%x html=%d empty=%d text=%d\n", caps.known, caps.html, caps.empty, caps.text);
    for (uint32_t i = 0; i < caps.num_lines; i++) {
        scs_buf_printf(out, "  %s\n", caps.lines[i]);
    }
    scs_scep_read_ca_certs(in, cache, arena, &ca);
    scs_buf_printf(out, "ca_certs single=%d parsed=%d complete=%d pem=%d signed=%d %s\n", ca.single, ca.parsed, ca.complete,
                   ca.pem, ca.signed_reply, ca.body_sha256);
    for (uint32_t i = 0; i < ca.num_certificates; i++) {
        scs_facts_certificate(out, "certificate", ca.certificates[i]);
    }
    scs_buf_printf(out, "admin %x\n", scs_scep_read_admin(in));
    scs_cert_cache_free(cache);
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut; /* targets and bodies come whole */
    struct scs_arena *arena = scs_arena_new();
    struct scs_cursor in = scs_cursor_of(data, len);
    examine_target(&in, arena, out);
    examine_replies(&in, arena, out);
    scs_arena_free(arena);
    return SCS_OK;
}

const struct scs_dissector scs_dissector_scep = {
    .name = "scep",
    .claims = "targets with a SCEP path or operation=, and the bodies of GetCACaps, GetCACert and mscep_admin replies",
    .examine = examine,
};
