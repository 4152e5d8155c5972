/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence needs of a run besides its model. */
#ifndef SCS_RUN_RUN_H
#define SCS_RUN_RUN_H

#include "capture/hold.h"
#include "keys/secrets.h"
#include "scepscope/scepscope.h"

/*
 * scs_run_hold makes the run hold packets that may become evidence (capture/hold.h): those of followed connections, what opens
 * and ends any TCP connection, look-ups, log-ons, ICMP and fragments. To be called before its first packet, where the packets
 * cannot be read again.
 */
void scs_run_hold(struct scs_run *run);
/* scs_run_held gives them; NULL: scs_run_hold was not called. */
struct scs_hold *scs_run_held(const struct scs_run *run);

struct scs_again;

/*
 * scs_run_reopen gives the packets of the analysis once more, from the first one on: what the run holds, else the captures of a
 * run that was made with `again`, with the same filter. The run outlives them. NULL with `err` set.
 */
struct scs_again *scs_run_reopen(const struct scs_run *run, struct scs_error *err);
void scs_again_free(struct scs_again *a); /* NULL is fine */
/* scs_again_next fills `out`, valid until the next call; 0 at the end. */
size_t scs_again_next(struct scs_again *a, struct scs_packet out[SCS_BATCH]);
/* scs_again_whole, at the end: false when the captures hold fewer packets than they did. */
bool scs_again_whole(const struct scs_again *a);
/* scs_again_interface describes one that packets named. *digits: decimal places of a second in its times, at most 9. */
const struct scs_interface *scs_again_interface(const struct scs_again *a, uint16_t index, uint8_t *digits);
/* scs_run_secrets gives the TLS secrets of key logs and captures. */
const struct scs_secrets *scs_run_secrets(const struct scs_run *run);

#endif
