/* SPDX-License-Identifier: Apache-2.0 */
/* How a rule about one exchange becomes a row: a cause takes part in the ranking by depth, a note stands for itself. */
#ifndef SCS_DIAGNOSE_ROWS_H
#define SCS_DIAGNOSE_ROWS_H

#include "diagnose/rules.h"

#define SCS_EXCHANGE_ROW(rule_id, level, sure, how_deep, cause, function)                                                        \
    {                                                                                                                            \
        .id = rule_id, .severity = SCS_SEV_##level, .confidence = SCS_##sure, .depth = SCS_DEPTH_##how_deep,                     \
        .scope = SCS_SCOPE_EXCHANGE, .explains = cause, .check = {                                                               \
            .exchange = function                                                                                                 \
        }                                                                                                                        \
    }

#define SCS_CAUSE(id, level, depth, function)        SCS_EXCHANGE_ROW(id, level, CERTAIN, depth, true, function)
#define SCS_LIKELY_CAUSE(id, level, depth, function) SCS_EXCHANGE_ROW(id, level, LIKELY, depth, true, function)
#define SCS_NOTE(id, level, function)                SCS_EXCHANGE_ROW(id, level, CERTAIN, NOTE, false, function)
#define SCS_LIKELY_NOTE(id, level, function)         SCS_EXCHANGE_ROW(id, level, LIKELY, NOTE, false, function)

#endif
