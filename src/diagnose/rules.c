/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/rules.h"

#include <assert.h>
#include <threads.h>

/* Room for every row; the groups' sizes are known to the linker only. */
#define MAX_RULES 512u

/* clang-format off */
static const struct group {
    const struct scs_rule *rules;
    const size_t *num;
} groups[] = {
    {scs_rules_capture, &scs_num_rules_capture},
    {scs_rules_connect, &scs_num_rules_connect},
    {scs_rules_network, &scs_num_rules_network},
    {scs_rules_dns, &scs_num_rules_dns},
    {scs_rules_tls_cert, &scs_num_rules_tls_cert},
    {scs_rules_tls, &scs_num_rules_tls},
    {scs_rules_proxy, &scs_num_rules_proxy},
    {scs_rules_relay, &scs_num_rules_relay},
    {scs_rules_limits, &scs_num_rules_limits},
    {scs_rules_ca_call, &scs_num_rules_ca_call},
    {scs_rules_cacert, &scs_num_rules_cacert}, /* before the statuses: an expired certificate is why NDES answers 500 */
    {scs_rules_status, &scs_num_rules_status},
    {scs_rules_csr, &scs_num_rules_csr},
    {scs_rules_policy, &scs_num_rules_policy},
    {scs_rules_http, &scs_num_rules_http},
    {scs_rules_caps, &scs_num_rules_caps},
    {scs_rules_message, &scs_num_rules_message},
    {scs_rules_signature, &scs_num_rules_signature},
    {scs_rules_crypto, &scs_num_rules_crypto},
    {scs_rules_challenge, &scs_num_rules_challenge},
    {scs_rules_session, &scs_num_rules_session},
    {scs_rules_reply, &scs_num_rules_reply},
    {scs_rules_delivery, &scs_num_rules_delivery},
    {scs_rules_pending, &scs_num_rules_pending},
    {scs_rules_revocation, &scs_num_rules_revocation},
    {scs_rules_ca, &scs_num_rules_ca},
    {scs_rules_perf, &scs_num_rules_perf},
};
/* clang-format on */

static const struct scs_rule *rows[MAX_RULES];
static size_t num_rows;
static once_flag joined = ONCE_FLAG_INIT;

static void join_groups(void)
{
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (size_t i = 0; i < *groups[g].num; i++) {
            assert(num_rows < MAX_RULES);
            rows[num_rows++] = &groups[g].rules[i];
        }
    }
}

const struct scs_rule *const *scs_rules(size_t *num)
{
    call_once(&joined, join_groups);
    *num = num_rows;
    return rows;
}
