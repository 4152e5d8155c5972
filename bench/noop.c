/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick for live capture: libpcap hands packets over and nothing is done with them but counting. See bench/live. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

static pcap_t *handle;

static void stop(int number)
{
    (void)number;
    pcap_breakloop(handle);
}

static void count(u_char *packets, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)header;
    (void)bytes;
    ++*(uint64_t *)(void *)packets;
}

static int fail(const char *why)
{
    fprintf(stderr, "noop: %s\n", why);
    return EXIT_FAILURE;
}

/* As src/capture/live.c opens it. */
static int open_interface(const char *name, int buffer_mib, const char *expression)
{
    struct bpf_program program;
    pcap_set_snaplen(handle, 262144);
    pcap_set_promisc(handle, 1);
    pcap_set_timeout(handle, 50);
    pcap_set_buffer_size(handle, buffer_mib << 20);
    if (pcap_activate(handle) < 0) {
        return fail(name);
    }
    if (pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0 || pcap_setfilter(handle, &program) != 0) {
        return fail(pcap_geterr(handle));
    }
    pcap_freecode(&program);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    struct sigaction action = {.sa_handler = stop};
    struct pcap_stat stats = {0};
    uint64_t packets = 0;
    if (argc != 4) {
        return fail("usage: noop INTERFACE BUFFER_MIB FILTER");
    }
    handle = pcap_create(argv[1], error);
    if (handle == NULL) {
        return fail(error);
    }
    if (open_interface(argv[1], (int)strtol(argv[2], NULL, 10), argv[3]) != EXIT_SUCCESS) {
        return EXIT_FAILURE;
    }
    sigaction(SIGTERM, &action, NULL);
    fprintf(stderr, "noop: capturing on %s\n", argv[1]);
    pcap_loop(handle, -1, count, (u_char *)&packets);
    pcap_stats(handle, &stats);
    pcap_close(handle);
    printf("{\"packets\": %llu, \"dropped\": %u}\n", (unsigned long long)packets, stats.ps_drop);
    return EXIT_SUCCESS;
}
