/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 flow control, watched (RFC 9113 5.2): how long a sender that has more to send was not allowed to. Windows are
 * those of the receiver; each message counts against its stream's and the connection's.
 */
#ifndef SCS_HTTP_WINDOW_H
#define SCS_HTTP_WINDOW_H

#include "scepscope/facts.h"

/* What all messages of one direction may still take. */
struct scs_windows {
    int64_t connection;
    int64_t initial; /* of a stream that begins */
};

/* What one message may still take. Zeroed, then scs_window_begin. */
struct scs_window {
    int64_t left;
    struct scs_stall now, longest; /* `now` with began_ns SCS_NO_TIME: it may go on */
};

void scs_windows_init(struct scs_windows *w);
void scs_window_begin(struct scs_window *w, const struct scs_windows *all);
/* scs_window_took: `len` bytes of the message were sent. Both windows are counted; a window that is used up stops the message. */
void scs_window_took(struct scs_window *w, struct scs_windows *all, uint32_t len, scs_frame frame, int64_t ts_ns);
/* scs_window_opened: to be called of every message when a window may have grown. */
void scs_window_opened(struct scs_window *w, const struct scs_windows *all, int64_t ts_ns);
/* scs_window_done gives the longest stall of a message that ends; `over`: it came to its end by itself. */
struct scs_stall scs_window_done(struct scs_window *w, bool over, int64_t ts_ns);

#endif
