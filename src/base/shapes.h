/* SPDX-License-Identifier: Apache-2.0 */
/* What the facts of include/scepscope/ point to, for base/mover.h. A field there that is a pointer has its line in shapes.c. */
#ifndef SCS_BASE_SHAPES_H
#define SCS_BASE_SHAPES_H

#include "base/mover.h"

extern const struct scs_shape scs_shape_http_request, scs_shape_http_reply, scs_shape_frame_run;
extern const struct scs_shape scs_shape_cert, scs_shape_caps, scs_shape_ca_certs;
extern const struct scs_shape scs_shape_tls, scs_shape_connection, scs_shape_exchange, scs_shape_server;
extern const struct scs_shape scs_shape_ca_call, scs_shape_revocation;

#endif
