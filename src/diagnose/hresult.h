/* SPDX-License-Identifier: Apache-2.0 */
/* HRESULTs that NDES writes into a FAILURE (signed attribute 1.3.6.1.4.1.311.21.33). */
#ifndef SCS_DIAGNOSE_HRESULT_H
#define SCS_DIAGNOSE_HRESULT_H

#include <stdint.h>

struct scs_hresult {
    uint32_t code;
    const char *name, *meaning; /* Windows's symbol; what it says about an enrolment */
};

/* scs_hresult_find returns NULL for a code that is not in the table. */
const struct scs_hresult *scs_hresult_find(int32_t hresult);

#endif
