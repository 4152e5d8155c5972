/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a pcapng file (draft-ietf-opsawg-pcapng) block by block: one section, little-endian, no seeking. */
#ifndef SCS_EVIDENCE_PCAPNG_WRITE_H
#define SCS_EVIDENCE_PCAPNG_WRITE_H

#include <stdio.h>

#include "base/buf.h"
#include "scepscope/exchange.h"

/* A comment on one frame; an option holds 65,535 bytes. */
#define SCS_MAX_COMMENT 8192u

struct scs_pcapng_writer {
    FILE *out;                /* NULL: blocks are gathered */
    struct scs_buf *gathered; /* ... here */
    uint32_t num_interfaces;
    uint8_t digits[SCS_MAX_INTERFACES]; /* decimal places of a second in an interface's times */
    struct scs_buf block;
};

struct scs_pcapng_frame {
    uint32_t interface; /* as scs_pcapng_write_interface numbered it */
    int64_t ts_ns;
    struct scs_cursor bytes;
    uint32_t wire_len;
    uint64_t id;       /* epb_packetid; 0: none */
    bool host_dropped; /* epb_verdict, as etl2pcapng writes it */
    const char *const *comments;
    uint32_t num_comments;
};

/*
 * scs_pcapng_writer_init: where blocks go. One of both is NULL; borrowed. What is wrong with a file, ferror tells at the end;
 * what did not fit the buffer, its `overflowed`.
 */
void scs_pcapng_writer_init(struct scs_pcapng_writer *w, FILE *out, struct scs_buf *gathered);
/* scs_pcapng_write_section begins a file. */
void scs_pcapng_write_section(struct scs_pcapng_writer *w, const char *program, const char *comment);
/* scs_pcapng_write_secrets adds a Decryption Secrets Block with key log text; it stands before the packets it opens. */
void scs_pcapng_write_secrets(struct scs_pcapng_writer *w, const struct scs_cursor *text);
/* scs_pcapng_write_interface describes an interface and returns its number in the file. */
uint32_t scs_pcapng_write_interface(struct scs_pcapng_writer *w, const struct scs_interface *interface, uint8_t digits);
void scs_pcapng_write_frame(struct scs_pcapng_writer *w, const struct scs_pcapng_frame *frame);
/* scs_pcapng_write_statistics: `dropped` NULL when nobody counted; times are left out when SCS_NO_TIME. */
void scs_pcapng_write_statistics(struct scs_pcapng_writer *w, uint32_t interface, int64_t begun_ns, int64_t ended_ns,
                                 const uint64_t *dropped);
void scs_pcapng_writer_cleanup(struct scs_pcapng_writer *w);

#endif
