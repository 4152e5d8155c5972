/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saved captures as one sequence of packets: pcap and pcapng of every variant, plain, gzip or zstd,
 * files, pipes and standard input, several files merged by time. Reads with read(2) into one buffer;
 * packets are handed out in batches and borrow that buffer.
 */
#ifndef SCS_CAPTURE_CAPTURE_H
#define SCS_CAPTURE_CAPTURE_H

#include "base/arena.h"
#include "capture/source.h"
#include "scepscope/exchange.h"
#include "scepscope/packet.h"
#include "scepscope/status.h"

struct scs_capture;

/* scs_capture_new: texts and facts are put into `arena` (borrowed). `filter` is a BPF expression or NULL. */
struct scs_capture *scs_capture_new(struct scs_arena *arena, const char *filter, bool want_sha256, struct scs_error *err);
/*
 * scs_capture_add opens a file and reads its header. False with `err` naming the file and what to do:
 * cannot be opened, empty, cut inside its header, or not a capture.
 */
SCS_MUST_USE bool scs_capture_add(struct scs_capture *c, const char *path, struct scs_error *err);
/*
 * scs_capture_keep, called before the first scs_capture_add, makes scs_capture_reopen possible: what can be read only once
 * is copied while it is read. scs_capture_reopen gives the same files with the same filter, to be read from the start, once
 * `c` was read to where it is needed; `c` outlives it. NULL with `err` set.
 */
void scs_capture_keep(struct scs_capture *c);
struct scs_capture *scs_capture_reopen(const struct scs_capture *c, struct scs_arena *arena, struct scs_error *err);
/*
 * scs_capture_wait, called before the first scs_capture_add, makes reading wait as `patience` (copied) says: for pipes, and for
 * files when they are growing.
 */
void scs_capture_wait(struct scs_capture *c, const struct scs_patience *patience);
/* scs_capture_may_bring_secrets: a file may hold Decryption Secrets Blocks. */
bool scs_capture_may_bring_secrets(const struct scs_capture *c);
/* scs_capture_interface describes one that packets named. *digits: decimal places of a second in its times, at most 9. */
const struct scs_interface *scs_capture_interface(const struct scs_capture *c, uint16_t index, uint8_t *digits);
/* scs_capture_redacted names the level of redaction that a file says of itself; NULL. Known before its first packet. */
const char *scs_capture_redacted(const struct scs_capture *c);
/*
 * scs_capture_next fills at most `max` packets, in order of time over all files, and returns how many;
 * 0 at the end. They are valid until the next call. Damage ends that file (or skips to the next
 * readable block where the format allows) and becomes a sentence in its facts.
 */
size_t scs_capture_next(struct scs_capture *c, struct scs_packet *out, size_t max);
/* scs_capture_read_bytes: compressed or plain bytes taken from all files so far; *total their sizes, 0 when unknown. */
uint64_t scs_capture_read_bytes(const struct scs_capture *c, uint64_t *total);
/*
 * scs_capture_describe fills files, interfaces, packets, bytes, first/last, cut_packets, dropped; the lists are in `arena`.
 * Packets and times are those of all packets read; cut_packets counts only those handed out. `over`: after the last
 * batch, which adds the digests; without it reading goes on.
 */
void scs_capture_describe(struct scs_capture *c, bool over, struct scs_arena *arena, struct scs_capture_facts *out);
/* scs_capture_secrets: text of the TLS key log Decryption Secrets Blocks read so far (may grow); borrowed. */
struct scs_cursor scs_capture_secrets(const struct scs_capture *c);
void scs_capture_free(struct scs_capture *c);

#endif
