/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that the server has not begun to work on, and said so: clients ask them again at once. What became of that
 * counts, and where the capture lacks it nobody can tell.
 */
#ifndef SCS_CORRELATE_AGAIN_H
#define SCS_CORRELATE_AGAIN_H

#include "scepscope/exchange.h"

/*
 * scs_again_invited: by REFUSED_STREAM, by GOAWAY without an error (RFC 9113 8.7), or by HTTP_1_1_REQUIRED, as IIS wants it for
 * client certificates.
 */
bool scs_again_invited(const struct scs_exchange *x);
/*
 * scs_again_unseen: the client was invited, and may have asked again where the capture lacks what it said: behind `x` on the
 * same connection, or on one it opened soon after. `connections`: all, in order of their first packet.
 */
bool scs_again_unseen(const struct scs_exchange *x, const struct scs_connection *const *connections, uint32_t num);

#endif
