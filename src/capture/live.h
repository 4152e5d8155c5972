/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets as they pass the interfaces, through libpcap. Nothing here waits longer than SCS_LIVE_WAIT_MS: whoever asks for
 * the next packets has its timers and signals looked at in between, however quiet the network is.
 */
#ifndef SCS_CAPTURE_LIVE_H
#define SCS_CAPTURE_LIVE_H

#include "base/arena.h"
#include "scepscope/live.h"
#include "scepscope/packet.h"
#include "scepscope/status.h"

#define SCS_LIVE_WAIT_MS 100

/*
 * The filter where none is given. SCEP may be on any port, so it is all of TCP; with it what says why a connection failed:
 * ICMP, name look-ups, log-ons, HTTP/3 in the place of TCP, and fragments, which have no ports. IP in IP, 6in4 and GRE are
 * how a mirror port may come.
 */
#define SCS_LIVE_FILTER                                                                                                          \
    "tcp or icmp or icmp6 or udp port 53 or udp port 88 or udp port 443 or ip[6:2] & 0x1fff != 0 or ip6 proto 44 or "            \
    "ip proto 4 or ip proto 41 or ip proto 47 or ip6 proto 4 or ip6 proto 41 or ip6 proto 47"

struct scs_live;

/*
 * scs_live_open opens every interface. Texts and facts are put into `arena`, which is borrowed, as the options' texts are until
 * scs_live_stop. NULL with `err` naming the interface and what to do: not there, down, no permission, or a filter that is not
 * understood.
 */
struct scs_live *scs_live_open(struct scs_arena *arena, const struct scs_live_options *options, struct scs_error *err);
/*
 * scs_live_next fills at most `max` (at most SCS_BATCH) packets, valid until the next call; 0 when none came for
 * SCS_LIVE_WAIT_MS. Each interface keeps its own order. One that goes away is said once, and looked for again.
 */
size_t scs_live_next(struct scs_live *l, struct scs_packet *out, size_t max);
/* scs_live_over: every interface went away, and none can be opened again. */
bool scs_live_over(const struct scs_live *l);
/* scs_live_count fills all but the exchanges. Asks the kernel for the packets it dropped. */
void scs_live_count(struct scs_live *l, struct scs_live_counters *out);
/* scs_live_lag_ms: a packet that passed so long ago was handed out, if it did not fall behind. */
uint64_t scs_live_lag_ms(const struct scs_live *l);
/* scs_live_end: what follows of scs_live_next is what is at hand, and then 0: nothing is held back or waited for any more. */
void scs_live_end(struct scs_live *l);
/* scs_live_stop takes the last counts and closes the interfaces: no packet follows. */
void scs_live_stop(struct scs_live *l);
/*
 * scs_live_describe fills what scs_capture_describe does for files, lists in `arena`: each interface stands as a file of format
 * "live". After scs_live_stop it is the whole capture.
 */
void scs_live_describe(struct scs_live *l, struct scs_arena *arena, struct scs_capture_facts *out);
void scs_live_free(struct scs_live *l); /* NULL is fine */

#endif
