/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-messages CAPTURE KEY WORKERS VERIFY: runs the library over a capture, opening every envelope with KEY ("-": no
 * key) on WORKERS threads, checking every signature when VERIFY is 1. Prints microseconds on the clock, microseconds of
 * CPU, messages read, signatures valid, envelopes opened: bench/messages compares runs that differ in one of these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/resource.h>

#include "scepscope/scepscope.h"

struct counts {
    unsigned messages, valid, opened;
};

static void count(struct counts *c, const struct scs_pki_message *m)
{
    if (m != NULL) {
        c->messages++;
        c->valid += scs_message_genuine(m) == SCS_VALID;
        c->opened += m->envelope != NULL && m->envelope->opened;
    }
}

static long long cpu_microseconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: bench-messages CAPTURE KEY|- WORKERS 0|1\n", stderr);
        return EXIT_FAILURE;
    }
    const char *capture = argv[1], *key = argv[2];
    struct scs_run_options options = {.key_files = &key,
                                      .num_key_files = strcmp(key, "-") != 0,
                                      .num_workers = (unsigned)strtoul(argv[3], NULL, 10),
                                      .no_verify = argv[4][0] != '1'};
    struct scs_error err = {""};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    struct scs_run *run = scs_run_new(&options, &err);
    if (run == NULL || !scs_run_files(run, &capture, 1, &err)) {
        fprintf(stderr, "bench-messages: %s\n", err.text);
        scs_run_free(run);
        return EXIT_FAILURE;
    }
    const struct scs_model *model = scs_run_finish(run);
    clock_gettime(CLOCK_MONOTONIC, &after);
    struct counts c = {0};
    for (unsigned i = 0; i < model->num_exchanges; i++) {
        count(&c, model->exchanges[i]->scep_request);
        count(&c, model->exchanges[i]->scep_reply);
    }
    long long clock = (after.tv_sec - before.tv_sec) * 1000000LL + (after.tv_nsec - before.tv_nsec) / 1000;
    printf("%lld %lld %u %u %u\n", clock, cpu_microseconds(), c.messages, c.valid, c.opened);
    scs_run_free(run);
    return EXIT_SUCCESS;
}
