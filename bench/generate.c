/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the large captures that scepscope is measured on, and beside each the truth about it:
 *
 *     generate KIND FILE [--megabytes N] [--enrolments N] [--flows N] [--seed N]
 *
 * writes FILE, FILE.truth.json and FILE.key.pem. The same arguments make the same bytes.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrolment.h"
#include "noise.h"

#define MEBIBYTE (UINT64_C(1) << 20)

/* Devices share keys when there are many: making a key takes longer than all that is done with it. */
#define MOST_DEVICES 200u

struct settings {
    const char *path;
    uint64_t megabytes, enrolments, flows, seed;
};

/* Connections going on at the same time, in no order. */
struct pool {
    struct bench_talk **talks;
    uint32_t num, size;
};

struct world {
    const struct settings *settings;
    struct bench_capture capture;
    struct bench_random random;
    struct bench_filler filler;
    struct bench_pki pki;
    struct bench_truth truth;
    struct pool scep, noise;
    uint32_t next_noise; /* number of the next connection that is not SCEP */
};

/* ---- connections ----------------------------------------------------------------------------------- */

static void pool_add(struct pool *p, struct bench_talk *t)
{
    if (p->num == p->size) {
        p->size = p->size == 0 ? 64 : p->size * 2;
        p->talks = realloc(p->talks, p->size * sizeof *p->talks);
        if (p->talks == NULL) {
            bench_die("out of memory");
        }
    }
    p->talks[p->num++] = t;
}

static void pool_free(struct pool *p)
{
    for (uint32_t i = 0; i < p->num; i++) {
        bench_talk_free(p->talks[i]);
    }
    free(p->talks);
}

/* Lets one of them say its next packet; a connection that is over makes room for the one after it. */
static void pool_step(struct world *w, struct pool *p)
{
    uint32_t i = bench_random_below(&w->random, p->num);
    struct bench_talk *t = p->talks[i];
    w->capture.now_us += bench_random_between(&w->random, 2, 30);
    if (bench_talk_step(t, &w->capture, &w->random, &w->filler)) {
        return;
    }
    struct bench_talk *then = t->then;
    t->then = NULL;
    bench_talk_free(t);
    if (then != NULL) {
        p->talks[i] = then;
    } else {
        p->talks[i] = p->talks[--p->num];
    }
}

static void enrol(struct world *w)
{
    pool_add(&w->scep, bench_enrolment_new(&w->pki, (uint32_t)w->truth.enrolments, &w->random, &w->truth));
}

/* Begins the enrolments that are due after `done` of `all`, and lets them go on one packet. */
static void enrol_along(struct world *w, uint64_t done, uint64_t all)
{
    while (w->truth.enrolments < w->settings->enrolments && w->truth.enrolments * all <= done * w->settings->enrolments) {
        enrol(w);
    }
    if (w->scep.num != 0) {
        pool_step(w, &w->scep);
    }
}

static void enrol_rest(struct world *w)
{
    while (w->truth.enrolments < w->settings->enrolments || w->scep.num != 0) {
        enrol_along(w, 1, 1);
    }
}

/* ---- the captures ---------------------------------------------------------------------------------- */

/* A server room: bulk of all kinds, and one enrolment for each MiB. */
static void mix_noise(struct world *w)
{
    uint64_t target = w->settings->megabytes * MEBIBYTE;
    uint64_t at_once = w->settings->megabytes < 100 ? 100 : w->settings->megabytes;
    while (w->capture.bytes < target) {
        if (w->noise.num < at_once) {
            pool_add(&w->noise, bench_noise_new(w->next_noise++, &w->random));
        }
        if (bench_random_one_in(&w->random, 60)) {
            bench_noise_dns(&w->capture, &w->random);
        }
        pool_step(w, &w->noise);
        if (bench_random_one_in(&w->random, 4)) {
            enrol_along(w, w->capture.bytes, target);
        }
    }
    enrol_rest(w);
}

/* Devices enrolling as fast as they can, sixty-four at a time, and some web pages until the size is right. */
static void mix_scep_heavy(struct world *w)
{
    uint64_t all = w->settings->enrolments, target = w->settings->megabytes * MEBIBYTE;
    while (w->truth.enrolments < all) {
        if (w->scep.num < 64) {
            enrol(w);
        }
        pool_step(w, &w->scep);
        if (w->noise.num == 0 && w->capture.bytes * all < target * w->truth.enrolments) {
            pool_add(&w->noise, bench_noise_web(w->next_noise++, &w->random, 4, 20000));
        }
        if (w->noise.num != 0) {
            pool_step(w, &w->noise);
        }
    }
    enrol_rest(w);
}

/* A flood of SYNs, each from another address, at the very server that devices enrol at. */
static void mix_synflood(struct world *w)
{
    for (uint64_t i = 0; i < w->settings->flows; i++) {
        struct bench_segment syn = {.from = {.address = 0x0b000000u + (uint32_t)i, .port = (uint16_t)(1024 + i % 60000)},
                                    .to = bench_scep_server,
                                    .seq = (uint32_t)bench_random_next(&w->random),
                                    .flags = BENCH_SYN};
        w->capture.now_us += 2;
        bench_capture_tcp(&w->capture, &syn);
        if (i % 16 == 0) {
            enrol_along(w, i, w->settings->flows);
        }
    }
    enrol_rest(w);
}

/* One of a million short HTTP connections; everything about it follows from its number. */
struct flow {
    struct bench_endpoint client, server;
    uint32_t client_seq, server_seq;
};

static struct flow flow_of(uint64_t number)
{
    return (struct flow){
        .client = {.address = 0x0a800000u + (uint32_t)(number % 50000), .port = (uint16_t)(1024 + number / 50000)},
        .server = {.address = 0x0a1e0000u + (uint32_t)(number % 16), .port = 80},
        .client_seq = (uint32_t)(number * 2654435761u),
        .server_seq = (uint32_t)(number * 2246822519u)};
}

static void flow_packet(struct world *w, const struct flow *f, bool from_server, uint8_t flags, uint32_t client_sent,
                        uint32_t server_sent, const struct bench_bytes *payload)
{
    uint32_t client_seq = f->client_seq + client_sent, server_seq = f->server_seq + server_sent;
    w->capture.now_us += 1;
    bench_capture_tcp(&w->capture, &(struct bench_segment){.from = from_server ? f->server : f->client,
                                                           .to = from_server ? f->client : f->server,
                                                           .seq = from_server ? server_seq : client_seq,
                                                           .ack = from_server ? client_seq : server_seq,
                                                           .flags = flags,
                                                           .payload = payload != NULL ? payload->p : NULL,
                                                           .len = payload != NULL ? payload->len : 0});
}

/* What all of them ask and get. */
struct page {
    struct bench_bytes request, reply;
};

static void flow_open(struct world *w, const struct flow *f, const struct page *page)
{
    (void)page;
    flow_packet(w, f, false, BENCH_SYN, 0, 0, NULL);
    flow_packet(w, f, true, BENCH_SYN | BENCH_ACK, 1, 0, NULL);
    flow_packet(w, f, false, BENCH_ACK, 1, 1, NULL);
}

static void flow_ask(struct world *w, const struct flow *f, const struct page *page)
{
    uint32_t asked = 1 + (uint32_t)page->request.len, answered = 1 + (uint32_t)page->reply.len;
    flow_packet(w, f, false, BENCH_ACK | BENCH_PSH, 1, 1, &page->request);
    flow_packet(w, f, true, BENCH_ACK, asked, 1, NULL);
    flow_packet(w, f, true, BENCH_ACK | BENCH_PSH, asked, 1, &page->reply);
    flow_packet(w, f, false, BENCH_ACK, asked, answered, NULL);
}

static void flow_close(struct world *w, const struct flow *f, const struct page *page)
{
    uint32_t asked = 1 + (uint32_t)page->request.len, answered = 1 + (uint32_t)page->reply.len;
    flow_packet(w, f, false, BENCH_ACK | BENCH_FIN, asked, answered, NULL);
    flow_packet(w, f, true, BENCH_ACK | BENCH_FIN, asked + 1, answered, NULL);
}

/* First all of them open, then all ask, then all close. */
static void mix_manyflows(struct world *w)
{
    static void (*const passes[])(struct world *, const struct flow *, const struct page *) = {flow_open, flow_ask, flow_close};
    const uint64_t num_passes = sizeof passes / sizeof *passes, flows = w->settings->flows;
    struct page page = {.request =
                            bench_bytes_print(NULL, "GET /api/v1/items/42 HTTP/1.1\r\nHost: api.contoso.com\r\n"
                                                    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)\r\n"
                                                    "Accept: application/json\r\nCookie: session=0123456789abcdef\r\n\r\n"),
                        .reply = bench_bytes_print(NULL,
                                                   "HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/10.0\r\n"
                                                   "Content-Type: application/json\r\nContent-Length: 300\r\n\r\n%300d",
                                                   42)};
    for (uint64_t pass = 0; pass < num_passes; pass++) {
        for (uint64_t i = 0; i < flows; i++) {
            struct flow f = flow_of(i);
            passes[pass](w, &f, &page);
            if (i % 16 == 0) {
                enrol_along(w, pass * flows + i, num_passes * flows);
            }
        }
    }
    enrol_rest(w);
    bench_bytes_free(&page.request);
    bench_bytes_free(&page.reply);
}

/* ---- the program ------------------------------------------------------------------------------------ */

static const struct kind {
    const char *name;
    void (*mix)(struct world *);
    uint64_t megabytes, enrolments, flows; /* unless said otherwise; enrolments 0: one for each MiB */
} kinds[] = {
    {"noise", mix_noise, 2050, 0, 0},
    {"scep-heavy", mix_scep_heavy, 290, 20000, 0},
    {"synflood", mix_synflood, 0, 100, 5000000},
    {"manyflows", mix_manyflows, 0, 100, 1000000},
};
#define NUM_KINDS (sizeof kinds / sizeof *kinds)

static char *beside(const char *path, const char *suffix)
{
    return (char *)bench_bytes_print(NULL, "%s%s", path, suffix).p;
}

static void write_truth(const struct world *w, const char *kind)
{
    char *path = beside(w->capture.path, ".truth.json");
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        bench_die("%s could not be opened: %s", path, strerror(errno));
    }
    const struct bench_truth *t = &w->truth;
    fprintf(f, "{\n  \"kind\": \"%s\",\n  \"seed\": %" PRIu64 ",\n", kind, w->settings->seed);
    fprintf(f, "  \"packets\": %" PRIu64 ",\n  \"bytes\": %" PRIu64 ",\n", w->capture.packets, w->capture.bytes);
    fprintf(f, "  \"enrolments\": %" PRIu64 ",\n  \"succeeded\": %" PRIu64 ",\n  \"failed\": %" PRIu64 ",\n", t->enrolments,
            t->succeeded, t->failed);
    fprintf(f, "  \"exchanges\": {\"GetCACaps\": %" PRIu64 ", \"GetCACert\": %" PRIu64 ", \"PKIOperation\": %" PRIu64 "},\n",
            t->capabilities, t->ca_certificates, t->pki_operations);
    fprintf(f, "  \"connections\": %" PRIu64 ",\n  \"signed_messages\": %" PRIu64 "\n}\n", t->connections, t->signed_messages);
    if (fclose(f) != 0) {
        bench_die("%s could not be written: %s", path, strerror(errno));
    }
    free(path);
}

static void generate(const struct kind *kind, const struct settings *settings)
{
    struct world w = {.settings = settings, .random = {.state = settings->seed}};
    uint64_t devices = settings->enrolments / 10;
    devices = devices < 4 ? 4 : devices > MOST_DEVICES ? MOST_DEVICES : devices;
    bench_filler_init(&w.filler, &w.random);
    bench_pki_init(&w.pki, (uint32_t)devices, settings->seed);
    bench_capture_open(&w.capture, settings->path);
    kind->mix(&w);
    bench_capture_close(&w.capture);
    char *key = beside(settings->path, ".key.pem");
    bench_pki_write_key(&w.pki, key);
    free(key);
    /* Last, so that where the truth is, the capture is whole. */
    write_truth(&w, kind->name);
    pool_free(&w.scep);
    pool_free(&w.noise);
    bench_pki_free(&w.pki);
    bench_filler_free(&w.filler);
}

static _Noreturn void usage(void)
{
    bench_die("usage: generate noise|scep-heavy|synflood|manyflows FILE [--megabytes N] [--enrolments N] [--flows N] [--seed N]");
}

static uint64_t number(const char *text, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || n > most) {
        bench_die("%s is not a number from 0 to %" PRIu64, text, most);
    }
    return n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"megabytes", required_argument, NULL, 'm'},
                                            {"enrolments", required_argument, NULL, 'e'},
                                            {"flows", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {0}};
    const struct kind *kind = NULL;
    for (size_t i = 0; argc > 2 && i < NUM_KINDS; i++) {
        kind = strcmp(argv[1], kinds[i].name) == 0 ? &kinds[i] : kind;
    }
    if (kind == NULL) {
        usage();
    }
    struct settings s = {
        .path = argv[2], .megabytes = kind->megabytes, .enrolments = kind->enrolments, .flows = kind->flows, .seed = 8894};
    argc -= 2;
    argv += 2;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'm':
            s.megabytes = number(optarg, 1 << 20);
            break;
        case 'e':
            s.enrolments = number(optarg, 1 << 20);
            break;
        case 'f':
            s.flows = number(optarg, 50000u * 64000u);
            break;
        case 's':
            s.seed = number(optarg, UINT64_MAX);
            break;
        default:
            usage();
        }
    }
    s.enrolments = s.enrolments == 0 ? s.megabytes : s.enrolments;
    generate(kind, &s);
    return EXIT_SUCCESS;
}
