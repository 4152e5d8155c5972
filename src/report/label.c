/* SPDX-License-Identifier: Apache-2.0 */
#include "report/label.h"

#include <stdio.h>

#include "report/layout.h"

const struct scs_flag_word scs_key_usage_words[] = {
    {SCS_KU_DIGITAL_SIGNATURE, "digitalSignature"},
    {SCS_KU_NON_REPUDIATION, "nonRepudiation"},
    {SCS_KU_KEY_ENCIPHERMENT, "keyEncipherment"},
    {SCS_KU_DATA_ENCIPHERMENT, "dataEncipherment"},
    {SCS_KU_KEY_AGREEMENT, "keyAgreement"},
    {SCS_KU_KEY_CERT_SIGN, "keyCertSign"},
    {SCS_KU_CRL_SIGN, "cRLSign"},
    {0, NULL},
};

void scs_label_request(const struct scs_exchange *x, struct scs_buf *out)
{
    char number[SCS_NUMBER_TEXT];
    const struct scs_pki_message *m = x->scep_request;
    const char *type = m != NULL && m->message_type >= 0 ? scs_message_type_name(m->message_type) : NULL;
    scs_buf_text(out, type != NULL ? type : scs_operation_name(x->operation));
    if (x->operation != SCS_OP_PKI_OPERATION && x->path_kind != SCS_PATH_CRP) {
        return;
    }
    bool in_query = x->request->m.body_len == 0;
    scs_buf_printf(out, " %s, %s %s", x->request->method != NULL ? x->request->method : "?",
                   scs_number_text(in_query ? x->request->query_len : x->request->m.body_len, number),
                   in_query ? "chars" : "bytes");
}

void scs_label_reply(struct scs_redactor *r, const struct scs_exchange *x, struct scs_buf *out)
{
    const struct scs_pki_message *m = x->scep_reply;
    scs_buf_printf(out, "%u", x->reply->status);
    if (m != NULL && m->pki_status >= 0) {
        const char *status = scs_pki_status_name(m->pki_status);
        const char *info = m->fail_info >= 0 ? scs_fail_info_name(m->fail_info) : NULL;
        scs_buf_printf(out, " %s%s%s", status != NULL ? status : "unknown pkiStatus", info != NULL ? " " : "",
                       info != NULL ? info : "");
    }
    for (uint32_t i = 0; x->caps != NULL && !x->caps->html && i < x->caps->num_lines; i++) {
        scs_buf_printf(out, " %s", scs_redact_text(r, x->caps->lines[i]));
    }
    if (x->ca_certs != NULL && x->ca_certs->num_certificates != 0) {
        scs_buf_printf(out, ", %u cert%s", x->ca_certs->num_certificates, x->ca_certs->num_certificates == 1 ? "" : "s");
    }
}

const char *scs_label_link_type(uint16_t type, char out[SCS_LINK_TYPE_TEXT])
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = {{0, "NULL"},   {1, "EN10MB"},      {12, "RAW"},   {14, "RAW"},   {101, "RAW"},       {105, "IEEE802_11"},
                 {108, "LOOP"}, {113, "LINUX_SLL"}, {228, "IPV4"}, {229, "IPV6"}, {276, "LINUX_SLL2"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].type == type) {
            return names[i].name;
        }
    }
    snprintf(out, SCS_LINK_TYPE_TEXT, "%u", type);
    return out;
}
