/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define SCRIPT "/certsrv/mscep/mscep.dll/pkiclient.exe"
#define HOST   "ndes.contoso.com"

/* One enrolment of so many fails; one sends its request in the URL. */
#define ONE_FAILS 20u
#define ONE_GETS  8u

#define FIRST_CLIENT      0x0a400000u /* 10.64.0.0 */
#define FIRST_CLIENT_PORT 50100u

const struct bench_endpoint bench_scep_server = {.address = 0x0a14000a, .port = 80};

static const char *const user_agents[] = {
    "Mozilla/4.0 (compatible; Win32; NDES client 10.0.22621.1/ni_release)",
    "profiled/1.0 CFNetwork/1494.0.7 Darwin/23.4.0",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP1A.240405.002)",
    "mdmclient/1.0 CFNetwork/1496.0.7 Darwin/23.5.0",
};

static const char capabilities[] = "POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3\nAES\nSCEPStandard\n";

static struct bench_bytes get(const char *operation, const char *message, const char *agent)
{
    return bench_bytes_print(NULL,
                             "GET " SCRIPT "?operation=%s&message=%s HTTP/1.1\r\n"
                             "Accept: */*\r\nUser-Agent: %s\r\nHost: " HOST "\r\nConnection: Keep-Alive\r\n\r\n",
                             operation, message, agent);
}

static struct bench_bytes post(const struct bench_bytes *body, const char *agent)
{
    return bench_bytes_print(body,
                             "POST " SCRIPT "?operation=PKIOperation HTTP/1.1\r\n"
                             "Content-Type: application/x-pki-message\r\nUser-Agent: %s\r\nHost: " HOST "\r\n"
                             "Content-Length: %zu\r\nConnection: Keep-Alive\r\nCache-Control: no-cache\r\n\r\n",
                             agent, body->len);
}

static struct bench_bytes ok(const char *content_type, const struct bench_bytes *body)
{
    return bench_bytes_print(body,
                             "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nServer: Microsoft-IIS/10.0\r\n"
                             "X-Powered-By: ASP.NET\r\nDate: Mon, 02 Feb 2026 08:00:00 GMT\r\nContent-Length: %zu\r\n\r\n",
                             content_type, body->len);
}

/* Base64 with the three characters escaped that mean something else in a query. */
static char *url_of(const struct bench_bytes *message)
{
    size_t base64_len = (message->len + 2) / 3 * 4;
    unsigned char *base64 = bench_alloc(base64_len + 1, 1);
    char *url = bench_alloc(base64_len * 3 + 1, 1), *out = url;
    EVP_EncodeBlock(base64, message->p, (int)message->len);
    for (size_t i = 0; i < base64_len; i++) {
        if (strchr("+/=", base64[i]) != NULL) {
            out += snprintf(out, 4, "%%%02X", base64[i]);
        } else {
            *out++ = (char)base64[i];
        }
    }
    free(base64);
    return url;
}

static struct bench_bytes operation_request(const struct bench_bytes *message, const char *agent, bool in_url)
{
    if (!in_url) {
        return post(message, agent);
    }
    char *url = url_of(message);
    struct bench_bytes request = get("PKIOperation", url, agent);
    free(url);
    return request;
}

static struct bench_transaction new_transaction(const struct bench_pki *p, uint32_t number, struct bench_random *r)
{
    struct bench_transaction t = {.device = &p->devices[number % p->num_devices], .fails = number % ONE_FAILS == ONE_FAILS - 1};
    /* The number makes it unique, whatever the random digits are. */
    snprintf(t.id, sizeof t.id, "%016llX%016llX%08X", (unsigned long long)bench_random_next(r),
             (unsigned long long)bench_random_next(r), number);
    bench_random_fill(r, t.client_nonce, sizeof t.client_nonce);
    bench_random_fill(r, t.server_nonce, sizeof t.server_nonce);
    return t;
}

static void add_capabilities(struct bench_talk *t, const char *agent, struct bench_truth *truth)
{
    struct bench_bytes body = bench_bytes_copy(capabilities, sizeof capabilities - 1);
    bench_talk_client(t, get("GetCACaps", "default", agent), 0);
    bench_talk_server(t, ok("text/plain", &body), 0);
    bench_bytes_free(&body);
    truth->capabilities++;
}

static void add_ca_certificates(struct bench_talk *t, const struct bench_pki *p, const char *agent, struct bench_truth *truth)
{
    bench_talk_client(t, get("GetCACert", "default", agent), 0);
    bench_talk_server(t, ok("application/x-x509-ca-ra-cert", &p->ca_chain), 0);
    truth->ca_certificates++;
}

static void add_operation(struct bench_talk *t, const struct bench_pki *p, const struct bench_transaction *transaction,
                          const char *agent, bool in_url, struct bench_truth *truth)
{
    struct bench_bytes request = bench_message_request(p, transaction), reply = bench_message_reply(p, transaction);
    bench_talk_client(t, operation_request(&request, agent, in_url), 0);
    bench_talk_server(t, ok("application/x-pki-message", &reply), 0);
    OPENSSL_free(request.p);
    OPENSSL_free(reply.p);
    truth->pki_operations++;
    truth->signed_messages += 2;
}

struct bench_talk *bench_enrolment_new(const struct bench_pki *p, uint32_t number, struct bench_random *r,
                                       struct bench_truth *truth)
{
    const char *agent = user_agents[number % (sizeof user_agents / sizeof *user_agents)];
    struct bench_endpoint client = {.address = FIRST_CLIENT + number, .port = FIRST_CLIENT_PORT};
    bool keeps_alive = number % 2 == 0; /* and asks its first two questions on one connection */
    struct bench_talk *first = bench_talk_new(r, client, bench_scep_server), *last = first;
    add_capabilities(first, agent, truth);
    if (!keeps_alive) {
        client.port++;
        last = last->then = bench_talk_new(r, client, bench_scep_server);
    }
    add_ca_certificates(last, p, agent, truth);
    client.port++;
    last = last->then = bench_talk_new(r, client, bench_scep_server);
    struct bench_transaction t = new_transaction(p, number, r);
    add_operation(last, p, &t, agent, number % ONE_GETS == ONE_GETS - 1, truth);
    truth->connections += keeps_alive ? 2 : 3;
    truth->enrolments++;
    truth->failed += t.fails;
    truth->succeeded += !t.fails;
    return first;
}
