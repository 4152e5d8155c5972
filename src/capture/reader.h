/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One capture file being read: what pcap.c and pcapng.c have in common, and the inventory in which all
 * files of a run put their interfaces and TLS secrets.
 */
#ifndef SCS_CAPTURE_READER_H
#define SCS_CAPTURE_READER_H

#include "base/arena.h"
#include "base/buf.h"
#include "capture/source.h"
#include "scepscope/exchange.h"
#include "scepscope/packet.h"

/* Found in all files; texts live in the arena (borrowed). */
struct scs_inventory {
    struct scs_arena *arena;
    struct scs_interface *interfaces;
    uint8_t *digits; /* of each interface: decimal places of a second in its times, at most 9 */
    uint32_t num_interfaces;
    const char *redacted;       /* level that an evidence file says it was redacted at; NULL */
    int64_t begun_ns, ended_ns; /* of the captures that evidence files were taken from; SCS_NO_TIME */
    struct scs_buf secrets;     /* text of the TLS key logs in Decryption Secrets Blocks */
};

void scs_inventory_init(struct scs_inventory *v, struct scs_arena *arena);
void scs_inventory_cleanup(struct scs_inventory *v);
/* scs_inventory_add stores an interface and gives its index over all files; false when the table is full. */
SCS_MUST_USE bool scs_inventory_add(struct scs_inventory *v, const struct scs_interface *interface, uint8_t digits,
                                    uint16_t *out_index);

struct scs_pcap {
    bool big_endian;
    uint32_t header_len;   /* of a record: 16, or 24 in the modified format */
    uint32_t units;        /* of a record's time in one second */
    uint32_t ns_per_unit;  /* 1000 or 1 */
    uint32_t usual_len;    /* a captured length up to this needs no second look */
    uint32_t last_seconds; /* of the last record taken */
    uint16_t link_type, interface;
};

struct scs_pcapng_interface {
    bool known;         /* false: the inventory was full; its packets are skipped */
    uint16_t interface; /* index over all files */
    uint16_t link_type;
    uint32_t snap_len;
    uint32_t ns_per_unit; /* of its time stamps, when that is all there is to them; 0: scs_stamp_convert */
    uint8_t resolution;   /* if_tsresol */
    int64_t offset_s;     /* if_tsoffset */
    uint64_t dropped;     /* as its last statistics block says */
};

struct scs_pcapng {
    bool big_endian;
    bool evidence;                           /* this section was written by evidence/pcapng_write.c */
    struct scs_pcapng_interface *interfaces; /* of this section; what follows num_interfaces is of the section before */
    uint32_t num_interfaces, num_before;
    uint64_t homeless_packets; /* of interfaces that no block describes */
};

struct scs_reader {
    struct scs_source source;
    struct scs_inventory *inventory;
    uint16_t file;
    const char *format; /* "pcap", "pcapng", with ".gz" or ".zst" */
    /*
     * read fills at most `max` packets, which borrow the source's buffer until the next call; 0 at the end.
     */
    size_t (*read)(struct scs_reader *r, struct scs_packet *out, size_t max);
    /* has_next: what read needs is in the buffer, so that it does not wait (but after damage). For files that grow. */
    bool (*has_next)(const struct scs_reader *r);
    uint64_t frames; /* numbers given so far */
    int64_t last_ns; /* time of the last packet; SCS_NO_TIME */
    bool ended;
    bool damaged; /* cut short, or something had to be skipped */
    bool has_drop_count;
    uint64_t dropped;
    const char *problems[SCS_MAX_PROBLEMS + 1]; /* the last: how many more */
    uint32_t num_problems;
    uint64_t unsaid_problems;
    bool finished;
    const char *sha256; /* hex, when finished; NULL */
    struct scs_pcap pcap;
    struct scs_pcapng pcapng;
};

/*
 * scs_reader_open opens `path` and reads the file header; scs_reader_open_memory the same for bytes in
 * memory. False with `err` naming the file and what to do. Free the reader in either case.
 */
SCS_MUST_USE bool scs_reader_open(struct scs_reader *r, struct scs_inventory *v, uint16_t file, const char *path,
                                  struct scs_source_options *options, struct scs_error *err);
SCS_MUST_USE bool scs_reader_open_memory(struct scs_reader *r, struct scs_inventory *v, const uint8_t *data, size_t len,
                                         size_t cut, struct scs_error *err);
/*
 * scs_reader_next reads as `read` does, and goes on with the next file where one that grows turned over. *idle, where that
 * is not NULL: there is nothing now, and it was not waited for.
 */
size_t scs_reader_next(struct scs_reader *r, struct scs_packet *out, size_t max, bool *idle);
/* scs_reader_finish takes the hash and gives back the buffers and the file: nothing more is read. The facts stay. */
void scs_reader_finish(struct scs_reader *r);
void scs_reader_cleanup(struct scs_reader *r);

/* For the formats. scs_reader_problem notes a sentence; the first SCS_MAX_PROBLEMS are kept. */
void scs_reader_problem(struct scs_reader *r, const char *fmt, ...) SCS_PRINTF(2, 3);
/* scs_reader_end ends the file where the source does; `partial`: inside a record. */
void scs_reader_end(struct scs_reader *r, bool partial);
/*
 * scs_reader_resume looks for the next place from which the format can be read again, at most
 * SCS_MAX_RESYNC bytes on, and says so: "damaged at byte N: WHY; M bytes skipped". Nothing found ends the
 * file, which with `may_be_cut` then counts as cut short.
 */
void scs_reader_resume(struct scs_reader *r, uint64_t at, const char *why, bool may_be_cut,
                       bool (*plausible)(struct scs_reader *r));

/* The formats. _open reads the file header from the source: SCS_OK, SCS_MORE (cut inside it) or SCS_MALFORMED (another format).
 */
enum scs_status scs_pcap_open(struct scs_reader *r);
enum scs_status scs_pcapng_open(struct scs_reader *r);
void scs_pcapng_cleanup(struct scs_pcapng *ng);

/* scs_foreign_name says what the beginning of a file that is no capture looks like, and what to do about it. */
const char *scs_foreign_name(const struct scs_cursor *first, const char *path);

/* scs_reader_examine is the formats' part of struct scs_dissector: one line for each packet, interface and problem. */
enum scs_status scs_reader_examine(const char *format, const uint8_t *data, size_t len, size_t cut, struct scs_buf *out);

#endif
