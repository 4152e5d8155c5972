/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/engine.h"

#define SECOND INT64_C(1000000000)
#define DAY_S  INT64_C(86400)

/* The model is const to its readers; the builder made it and may change it. */
static void *writable(const void *p)
{
    void *out;
    memcpy(&out, &p, sizeof out);
    return out;
}

void test_model_init(struct test_model *t)
{
    memset(t, 0, sizeof *t);
    t->arena = scs_arena_new();
    t->next_frame = 1;
    t->interface = (struct scs_interface){.name = "eth0", .link_type = 1, .snap_len = 262144, .packets = 1000};
    t->file =
        (struct scs_capture_file){.path = "test.pcapng", .format = "pcapng", .packets = 1000, .bytes = 100000, .complete = true};
    t->capture = (struct scs_capture_facts){.files = &t->file,
                                            .num_files = 1,
                                            .interfaces = &t->interface,
                                            .num_interfaces = 1,
                                            .first_ns = TEST_NS(0),
                                            .last_ns = TEST_NS(3600 * 1000),
                                            .packets = 1000,
                                            .bytes = 100000,
                                            .tcp_packets = 1000,
                                            .has_physical = true,
                                            .clock_offset_s = SCS_NO_TIME};
    t->model = (struct scs_model){.capture = &t->capture,
                                  .connections = t->connections,
                                  .exchanges = t->exchanges,
                                  .enrolments = t->enrolments,
                                  .servers = t->servers,
                                  .lookups = t->lookups,
                                  .ca_calls = t->ca_calls,
                                  .revocations = t->revocations};
}

void test_model_cleanup(struct test_model *t)
{
    scs_arena_free(t->arena);
}

int test_model_setup(void **state)
{
    static struct test_model t;
    test_model_init(&t);
    *state = &t;
    return 0;
}

int test_model_teardown(void **state)
{
    test_model_cleanup(*state);
    return 0;
}

static struct scs_endpoint endpoint(const char *text)
{
    struct scs_endpoint e = {0};
    bool ok = scs_endpoint_parse(text, &e);
    assert(ok);
    (void)ok;
    return e;
}

struct scs_server *test_server(struct test_model *t, const char *text)
{
    struct scs_endpoint e = endpoint(text);
    for (uint32_t i = 0; i < t->model.num_servers; i++) {
        if (scs_endpoint_equal(&t->servers[i]->endpoint, &e)) {
            return writable(t->servers[i]);
        }
    }
    assert(t->model.num_servers < TEST_MODEL_MAX);
    struct scs_server *s = SCS_ARENA_NEW(t->arena, struct scs_server);
    s->endpoint = e;
    s->is_iis = s->is_ndes = true;
    t->servers[t->model.num_servers++] = s;
    s->id = t->model.num_servers;
    return s;
}

static struct scs_connection *add_connection(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    assert(t->model.num_connections < TEST_MODEL_MAX);
    struct scs_connection *c = SCS_ARENA_NEW(t->arena, struct scs_connection);
    t->connections[t->model.num_connections++] = c;
    c->id = t->model.num_connections;
    c->stream = c->id - 1;
    c->client = endpoint(client);
    c->server = endpoint(server);
    c->flags = SCS_CONN_SYN_SEEN | SCS_CONN_STREAM_KNOWN;
    c->opened_ns = c->syn_ns = c->last_syn_ns = c->last_ns = TEST_NS(at_ms);
    c->synack_ns = c->handshake_ns = SCS_NO_TIME;
    c->first_frame = c->last_frame = c->syn_frames[0] = t->next_frame++;
    c->syn_tries = 1;
    for (int d = 0; d < 2; d++) {
        c->half[d].fin_ns = c->half[d].rst_ns = c->half[d].first_data_ns = SCS_NO_TIME;
        c->half[d].last_data_ns = c->half[d].last_new_ns = SCS_NO_TIME;
        c->half[d].usual_ttl = d == SCS_TO_SERVER ? 64 : 128;
    }
    c->half[SCS_TO_SERVER].packets = 1;
    return c;
}

struct scs_connection *test_connection(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct scs_connection *c = add_connection(t, client, server, at_ms);
    test_server(t, server);
    c->flags |= SCS_CONN_SYNACK_SEEN | SCS_CONN_HANDSHAKE | SCS_CONN_SCEP_SERVER;
    c->state = SCS_CONN_OPEN;
    c->synack_tries = 1;
    c->synack_ns = TEST_NS(at_ms + 1);
    c->handshake_ns = c->last_ns = TEST_NS(at_ms + 2);
    c->synack_frame = t->next_frame++;
    c->last_frame = t->next_frame++;
    c->half[SCS_TO_SERVER].packets = 2;
    c->half[SCS_TO_CLIENT].packets = 1;
    return c;
}

struct scs_connection *test_attempt(struct test_model *t, const char *client, const char *server, int64_t at_ms, unsigned syns)
{
    struct scs_connection *c = add_connection(t, client, server, at_ms);
    c->state = SCS_CONN_BLOCKED;
    c->syn_tries = (uint16_t)syns;
    c->half[SCS_TO_SERVER].packets = syns;
    for (unsigned i = 1; i < syns; i++) {
        c->last_syn_ns = c->last_ns = TEST_NS(at_ms) + ((INT64_C(1) << i) - 1) * SECOND;
        c->last_frame = t->next_frame++;
        if (i < 4) {
            c->syn_frames[i] = c->last_frame;
        }
    }
    return c;
}

/* Notes data of one direction on the connection, and gives the message its frames. */
static void add_data(struct test_model *t, struct scs_connection *c, enum scs_dir dir, int64_t ts_ns, uint32_t len,
                     struct scs_http_message *m)
{
    struct scs_half *half = &c->half[dir];
    uint32_t num = (len + 1459) / 1460;
    struct scs_frame_run *runs = SCS_ARENA_ARRAY(t->arena, num, struct scs_frame_run);
    for (uint32_t i = 0; i < num; i++) {
        runs[i] = (struct scs_frame_run){.raw_off = i * 1460, .body_off = UINT32_MAX, .frame = t->next_frame++};
    }
    m->frames = (struct scs_frame_map){.runs = runs, .num_runs = num};
    m->first_ns = m->last_ns = ts_ns;
    half->packets += num;
    half->data_packets += num;
    half->bytes += len;
    half->largest_segment = half->largest_acked_segment = len < 1460 ? len : 1460;
    if (half->first_data_ns == SCS_NO_TIME) {
        half->first_data_ns = ts_ns;
        half->first_data_frame = runs[0].frame;
    }
    half->last_data_ns = half->last_new_ns = ts_ns;
    half->last_data_frame = runs[num - 1].frame;
    if (c->last_ns < ts_ns) {
        c->last_ns = ts_ns;
    }
    c->last_frame = runs[num - 1].frame;
}

struct operation {
    const char *method, *target, *name, *reply_type;
    uint8_t path_kind;
    uint32_t request_body, reply_body;
};

static const struct operation operations[] = {
    [SCS_OP_OTHER] = {"GET", "/certsrv/mscep/mscep.dll?operation=GetSomething", "GetSomething", "text/html", SCS_PATH_MSCEP_DLL,
                      0, 100},
    [SCS_OP_GET_CA_CAPS] = {"GET", "/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACaps&message=ca", "GetCACaps",
                            "text/plain", SCS_PATH_PKICLIENT, 0, 60},
    [SCS_OP_GET_CA_CERT] = {"GET", "/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACert&message=ca", "GetCACert",
                            "application/x-x509-ca-ra-cert", SCS_PATH_PKICLIENT, 0, 4321},
    [SCS_OP_GET_NEXT_CA_CERT] = {"GET", "/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetNextCACert&message=ca",
                                 "GetNextCACert", "application/x-x509-next-ca-cert", SCS_PATH_PKICLIENT, 0, 4321},
    [SCS_OP_PKI_OPERATION] = {"POST", "/certsrv/mscep/mscep.dll/pkiclient.exe?operation=PKIOperation", "PKIOperation",
                              "application/x-pki-message", SCS_PATH_PKICLIENT, 2513, 3210},
    [SCS_OP_VERIFY_REQUEST] = {"POST", "/CertificateRegistrationSvc/Certificate/VerifyRequest", NULL, "application/json",
                               SCS_PATH_CRP, 3000, 20},
    [SCS_OP_NOTIFY] = {"POST", "/CertificateRegistrationSvc/Certificate/Notify", NULL, "application/json", SCS_PATH_CRP, 3000,
                       20},
    [SCS_OP_NDES_GENERATE_CHALLENGE] = {"GET", "/certsrv/mscep/mscep.dll?operation=NDESGenerateChallenge",
                                        "NDESGenerateChallenge", "text/plain", SCS_PATH_MSCEP_DLL, 0, 32},
    [SCS_OP_PAGE] = {"GET", "/certsrv/mscep/mscep.dll", NULL, "text/html", SCS_PATH_MSCEP_DLL, 0, 1233},
};

static void set_target(struct scs_http_request *r, const char *target)
{
    const char *query = strchr(target, '?');
    r->target = target;
    r->target_len = (uint32_t)strlen(target);
    r->path_len = query == NULL ? r->target_len : (uint32_t)(query - target);
    r->query_len = query == NULL ? 0 : r->target_len - r->path_len - 1;
}

struct scs_exchange *test_exchange(struct test_model *t, struct scs_connection *c, enum scs_operation operation, int64_t at_ms)
{
    assert(t->model.num_exchanges < TEST_MODEL_MAX);
    const struct operation *op = &operations[operation];
    struct scs_exchange *x = SCS_ARENA_NEW(t->arena, struct scs_exchange);
    struct scs_http_request *r = SCS_ARENA_NEW(t->arena, struct scs_http_request);
    t->exchanges[t->model.num_exchanges++] = x;
    x->id = t->model.num_exchanges;
    x->connection = c;
    c->num_exchanges++;
    x->operation = (uint8_t)operation;
    x->path_kind = op->path_kind;
    x->operation_name = op->name;
    x->outcome = SCS_OUTCOME_UNANSWERED;
    x->started_ns = TEST_NS(at_ms);
    x->duration_ns = x->wait_ns = SCS_NO_TIME;
    x->request = r;
    r->method = op->method;
    r->host = "ndes.contoso.com";
    r->user_agent = "Mozilla/4.0 (compatible; Win32; NDES client 10.0.19041.1/vb_release)";
    x->platform = SCS_PLATFORM_WINDOWS;
    set_target(r, op->target);
    r->m.version = 11;
    r->m.flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE;
    r->m.head_len = 250;
    r->m.raw_len = r->m.head_len + op->request_body;
    r->m.body_len = op->request_body;
    if (op->request_body != 0) {
        r->m.flags |= SCS_HTTP_HAS_LENGTH;
        r->m.declared_len = op->request_body;
        r->m.content_type = "application/octet-stream";
    }
    add_data(t, c, SCS_TO_SERVER, x->started_ns, r->m.raw_len, &r->m);
    x->first_frame = r->m.frames.runs[0].frame;
    x->last_frame = r->m.frames.runs[r->m.frames.num_runs - 1].frame;
    return x;
}

struct scs_http_request *test_request(struct scs_exchange *x)
{
    return writable(x->request);
}

struct scs_http_reply *test_reply(struct test_model *t, struct scs_exchange *x, unsigned status, int64_t after_ms)
{
    const struct operation *op = &operations[x->operation];
    struct scs_http_reply *r = SCS_ARENA_NEW(t->arena, struct scs_http_reply);
    int64_t ts_ns = x->started_ns + after_ms * 1000000;
    x->reply = r;
    r->status = (uint16_t)status;
    r->reason = status == 200 ? "OK" : "Status";
    r->server = "Microsoft-IIS/10.0";
    r->date_s = ts_ns / SECOND;
    r->continue_ns = SCS_NO_TIME;
    r->m.version = 11;
    r->m.flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE | SCS_HTTP_HAS_LENGTH;
    r->m.head_len = 180;
    r->m.body_len = r->m.declared_len = op->reply_body;
    r->m.raw_len = r->m.head_len + r->m.body_len;
    r->m.content_type = status / 100 == 2 ? op->reply_type : "text/html";
    add_data(t, writable(x->connection), SCS_TO_CLIENT, ts_ns, r->m.raw_len, &r->m);
    x->last_frame = r->m.frames.runs[r->m.frames.num_runs - 1].frame;
    x->outcome = status / 100 == 2 ? SCS_OUTCOME_OK : SCS_OUTCOME_FAILED;
    x->wait_ns = x->duration_ns = ts_ns - x->started_ns;
    return r;
}

struct scs_http_reply *test_reply_of(struct scs_exchange *x)
{
    return writable(x->reply);
}

void test_text(struct test_model *t, struct scs_http_reply *reply, const char *content_type, const char *text)
{
    reply->m.content_type = scs_arena_strdup(t->arena, content_type);
    reply->m.body_text = scs_arena_strdup(t->arena, text);
    reply->m.body_len = reply->m.declared_len = (uint32_t)strlen(text);
    reply->m.raw_len = reply->m.head_len + reply->m.body_len;
}

/* ---- SCEP ---------------------------------------------------------------------------------------- */

static struct scs_bytes nonce(struct test_model *t, uint8_t seed)
{
    uint8_t *p = scs_arena_alloc(t->arena, 16);
    memset(p, seed, 16);
    return (struct scs_bytes){.p = p, .len = 16};
}

static struct scs_pki_message *new_message(struct test_model *t, int message_type, uint32_t length)
{
    struct scs_pki_message *m = SCS_ARENA_NEW(t->arena, struct scs_pki_message);
    m->flags = SCS_MSG_PRESENT | SCS_MSG_IS_CMS | SCS_MSG_COMPLETE | SCS_MSG_HAS_SIGNER | SCS_MSG_HAS_SIGNED_ATTRS |
               SCS_MSG_BEGINS_LIKE_CMS;
    m->encoding = SCS_ENCODING_DER;
    m->transport = SCS_TRANSPORT_BODY;
    m->length = m->announced = length;
    m->message_type = message_type;
    m->pki_status = m->fail_info = -1;
    m->signing_time = SCS_NO_TIME;
    m->digest = "sha256";
    m->signature_algorithm = "rsaEncryption";
    m->num_signers = 1;
    return m;
}

static void give_envelope(struct test_model *t, struct scs_pki_message *m)
{
    struct scs_recipient *recipient = SCS_ARENA_NEW(t->arena, struct scs_recipient);
    struct scs_envelope *e = SCS_ARENA_NEW(t->arena, struct scs_envelope);
    *recipient = (struct scs_recipient){.issuer = "CN=Contoso CA",
                                        .serial = "03",
                                        .issuer_sha256 = "ca",
                                        .key_encryption = "rsaEncryption",
                                        .key_trans = true,
                                        .encrypted_key_len = 256};
    *e = (struct scs_envelope){
        .recipients = recipient, .num_recipients = 1, .cipher = "aes-256-cbc", .encrypted_len = 1200, .iv_len = 16};
    m->envelope = e;
    m->flags |= SCS_MSG_HAS_ENVELOPE | SCS_MSG_ENVELOPE_COMPLETE;
}

struct scs_pki_message *test_scep_request(struct test_model *t, struct scs_exchange *x, int message_type,
                                          const char *transaction_id)
{
    struct scs_pki_message *m = new_message(t, message_type, 2513);
    m->transaction_id = scs_arena_strdup(t->arena, transaction_id);
    m->sender_nonce = nonce(t, (uint8_t)x->id);
    m->signer = test_cert(t, "CN=device", "01", SCS_ROLE_LEAF);
    const struct scs_cert_facts **certs = SCS_ARENA_ARRAY(t->arena, 1, const struct scs_cert_facts *);
    certs[0] = m->signer;
    m->certificates = certs;
    m->num_certificates = 1;
    give_envelope(t, m);
    x->scep_request = m;
    return m;
}

struct scs_pki_message *test_scep_reply(struct test_model *t, struct scs_exchange *x, int pki_status)
{
    struct scs_pki_message *m = new_message(t, 3, 3210);
    m->pki_status = pki_status;
    m->signer = test_cert(t, "CN=Contoso-MSCEP-RA", "02", SCS_ROLE_RA_SIGNING);
    m->sender_nonce = nonce(t, 0xa5);
    if (x->scep_request != NULL) {
        m->transaction_id = x->scep_request->transaction_id;
        m->recipient_nonce = x->scep_request->sender_nonce;
    }
    if (pki_status == 0) {
        give_envelope(t, m);
        if (x->scep_request != NULL && x->scep_request->signer != NULL) {
            struct scs_recipient *device = writable(m->envelope->recipients);
            device->issuer = x->scep_request->signer->issuer;
            device->issuer_sha256 = x->scep_request->signer->issuer_sha256;
            device->serial = x->scep_request->signer->serial;
        }
    } else {
        m->flags |= SCS_MSG_CONTENT_ONE_ZERO;
        m->content_len = 1;
        x->outcome = pki_status == 3 ? SCS_OUTCOME_PENDING : SCS_OUTCOME_FAILED;
    }
    x->scep_reply = m;
    return m;
}

struct scs_caps *test_caps(struct test_model *t, struct scs_exchange *x, uint32_t known)
{
    static const char *const names[] = {"AES",   "DES3",    "GetNextCACert", "POSTPKIOperation", "Renewal",
                                        "SHA-1", "SHA-256", "SHA-512",       "SCEPStandard",     "Update"};
    struct scs_caps *caps = SCS_ARENA_NEW(t->arena, struct scs_caps);
    const char **lines = SCS_ARENA_ARRAY(t->arena, 10, const char *);
    for (unsigned i = 0; i < 10; i++) {
        if ((known & 1u << i) != 0) {
            lines[caps->num_lines++] = names[i];
        }
    }
    caps->known = known;
    caps->lines = lines;
    caps->text = caps->num_lines != 0;
    caps->empty = caps->num_lines == 0;
    x->caps = caps;
    return caps;
}

struct scs_cert_facts *test_cert(struct test_model *t, const char *subject, const char *serial, enum scs_cert_role role)
{
    struct scs_cert_facts *c = SCS_ARENA_NEW(t->arena, struct scs_cert_facts);
    c->subject = scs_arena_strdup(t->arena, subject);
    c->serial = scs_arena_strdup(t->arena, serial);
    c->issuer = role == SCS_ROLE_LEAF ? c->subject : "CN=Contoso CA";
    c->sha256 = scs_arena_printf(t->arena, "256:%s:%s", subject, serial);
    c->sha1 = scs_arena_printf(t->arena, "1:%s:%s", subject, serial);
    c->md5 = scs_arena_printf(t->arena, "5:%s:%s", subject, serial);
    c->spki_sha256 = scs_arena_printf(t->arena, "key:%s:%s", subject, serial);
    c->issuer_sha256 = role == SCS_ROLE_LEAF ? scs_arena_printf(t->arena, "name:%s", subject) : "ca";
    c->subject_sha256 = role == SCS_ROLE_CA ? "ca" : scs_arena_printf(t->arena, "name:%s", subject);
    c->key = "RSA 2048";
    c->key_type = SCS_KEY_RSA;
    c->key_bits = 2048;
    c->signature_algorithm = "sha256WithRSAEncryption";
    c->not_before = TEST_T0_S - 30 * DAY_S;
    c->not_after = TEST_T0_S + 335 * DAY_S;
    c->role = (uint8_t)role;
    c->flags = SCS_CERT_HAS_KU;
    if (role == SCS_ROLE_CA) {
        c->flags |= SCS_CERT_IS_CA | SCS_CERT_SELF_ISSUED;
        c->key_usage = SCS_KU_KEY_CERT_SIGN | SCS_KU_CRL_SIGN | SCS_KU_DIGITAL_SIGNATURE;
    } else if (role == SCS_ROLE_RA_ENCRYPTION) {
        c->key_usage = SCS_KU_KEY_ENCIPHERMENT;
    } else {
        c->key_usage = SCS_KU_DIGITAL_SIGNATURE;
    }
    if (role == SCS_ROLE_RA_ENCRYPTION || role == SCS_ROLE_RA_SIGNING) {
        c->flags |= SCS_CERT_HAS_EKU | SCS_CERT_EKU_REQUEST_AGENT;
    }
    if (role == SCS_ROLE_LEAF) {
        c->flags |= SCS_CERT_SELF_ISSUED;
    }
    return c;
}

struct scs_ca_certs *test_ca_certs(struct test_model *t, struct scs_exchange *x)
{
    struct scs_ca_certs *answer = SCS_ARENA_NEW(t->arena, struct scs_ca_certs);
    const struct scs_cert_facts **certs = SCS_ARENA_ARRAY(t->arena, 3, const struct scs_cert_facts *);
    certs[0] = test_cert(t, "CN=Contoso-MSCEP-RA", "02", SCS_ROLE_RA_SIGNING);
    certs[1] = test_cert(t, "CN=Contoso-MSCEP-RA", "03", SCS_ROLE_RA_ENCRYPTION);
    certs[2] = test_cert(t, "CN=Contoso CA", "01", SCS_ROLE_CA);
    answer->certificates = certs;
    answer->num_certificates = 3;
    answer->parsed = answer->complete = true;
    answer->body_sha256 = "body";
    x->ca_certs = answer;
    return answer;
}

struct scs_enrolment *test_enrolment(struct test_model *t, enum scs_enrolment_outcome outcome, const struct scs_exchange *first,
                                     ...)
{
    assert(t->model.num_enrolments < TEST_MODEL_MAX);
    struct scs_enrolment *e = SCS_ARENA_NEW(t->arena, struct scs_enrolment);
    uint32_t *ids = SCS_ARENA_ARRAY(t->arena, 32, uint32_t);
    t->enrolments[t->model.num_enrolments++] = e;
    e->id = t->model.num_enrolments;
    e->client = first->connection->client.addr;
    e->server = first->connection->server;
    e->platform = first->platform;
    e->outcome = (uint8_t)outcome;
    e->started_ns = first->started_ns;
    e->exchanges = ids;
    va_list args;
    va_start(args, first);
    for (const struct scs_exchange *x = first; x != NULL; x = va_arg(args, const struct scs_exchange *)) {
        assert(e->num_exchanges < 32);
        struct scs_exchange *mine = writable(x);
        mine->enrolment = e->id;
        ids[e->num_exchanges++] = x->id;
        e->ended_ns = x->duration_ns == SCS_NO_TIME ? x->started_ns : x->started_ns + x->duration_ns;
        e->decided_by = x->id;
        if (x->operation == SCS_OP_PKI_OPERATION) {
            e->tries++;
            e->reached = x->reply == NULL ? SCS_REACHED_REQUEST : SCS_REACHED_REPLY;
        }
        if (x->scep_request != NULL && e->transaction_id == NULL) {
            e->transaction_id = x->scep_request->transaction_id;
        }
    }
    va_end(args);
    return e;
}

/* ---- findings ------------------------------------------------------------------------------------ */

void test_diagnose(struct test_model *t, const struct scs_rule *rules, size_t num_rules)
{
    if (rules == NULL) {
        scs_diagnose(&t->model, t->arena);
        return;
    }
    const struct scs_rule **rows = SCS_ARENA_ARRAY(t->arena, num_rules, const struct scs_rule *);
    for (size_t i = 0; i < num_rules; i++) {
        rows[i] = &rules[i];
    }
    scs_diagnose_with(&t->model, t->arena, rows, num_rules);
}

const struct scs_finding *test_finding(const struct test_model *t, const char *id)
{
    for (uint32_t i = 0; i < t->model.num_findings; i++) {
        if (strcmp(t->model.findings[i]->id, id) == 0) {
            return t->model.findings[i];
        }
    }
    return NULL;
}

const char *test_fact(const struct test_model *t, const struct scs_finding *f, const char *name)
{
    for (uint32_t i = 0; f != NULL && i < f->num_facts; i++) {
        const struct scs_fact *fact = &f->facts[i];
        if (strcmp(fact->name, name) == 0) {
            return fact->kind == SCS_FACT_TEXT ? fact->text : scs_arena_printf(t->arena, "%lld", (long long)fact->number);
        }
    }
    return "";
}

bool test_is_consequence(const struct scs_finding *f, const char *id)
{
    for (uint32_t i = 0; f != NULL && i < f->num_consequences; i++) {
        if (strcmp(f->consequences[i], id) == 0) {
            return true;
        }
    }
    return false;
}
