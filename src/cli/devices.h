/* SPDX-License-Identifier: Apache-2.0 */
/* The interfaces that can be captured on. */
#ifndef SCS_CLI_DEVICES_H
#define SCS_CLI_DEVICES_H

#include <stdbool.h>
#include <stdio.h>

#include "scepscope/status.h"

/* scs_devices_list prints one a line with its state and addresses: "eth0  up, connected, 10.5.1.4". False with `err` set. */
SCS_MUST_USE bool scs_devices_list(FILE *out, struct scs_error *err);

#endif
