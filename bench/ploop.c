/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick: libpcap reads a file and nothing is done with the packets but counting them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

static void count(u_char *packets, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)header;
    (void)bytes;
    ++*(uint64_t *)(void *)packets;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    uint64_t packets = 0;
    if (argc != 2) {
        fputs("usage: ploop FILE\n", stderr);
        return EXIT_FAILURE;
    }
    pcap_t *file = pcap_open_offline(argv[1], error);
    if (file == NULL) {
        fprintf(stderr, "ploop: %s\n", error);
        return EXIT_FAILURE;
    }
    int end = pcap_loop(file, -1, count, (u_char *)&packets);
    if (end != 0) {
        fprintf(stderr, "ploop: %s\n", pcap_geterr(file));
    }
    pcap_close(file);
    printf("%llu\n", (unsigned long long)packets);
    return end == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
