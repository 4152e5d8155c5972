/* SPDX-License-Identifier: Apache-2.0 */
/* The "ca_calls" and "revocations" arrays of the JSON report. */
#include "report/json_parts.h"

/* ---- calls of SCEP servers to their CA and domain ------------------------------------------------------ */

static void call(struct scs_json_report *r, const struct scs_ca_call *c)
{
    static const char *const services[] = {[SCS_CA_RPC] = "rpc", [SCS_CA_DIRECTORY] = "directory", [SCS_CA_LOGON] = "kerberos"};
    static const char *const outcomes[] = {[SCS_CA_ANSWERED] = "answered",
                                           [SCS_CA_FAULT] = "fault",
                                           [SCS_CA_BIND_REFUSED] = "bind_refused",
                                           [SCS_CA_NO_TICKET] = "refused",
                                           [SCS_CA_UNANSWERED] = "unanswered"};
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, NULL);
    scs_json_count(w, "id", c->id);
    scs_json_text(w, "service", services[c->service]);
    scs_json_text(w, "client", scs_redact_endpoint(r->ctx->redactor, &c->client));
    scs_json_text(w, "server", scs_redact_endpoint(r->ctx->redactor, &c->server));
    scs_json_text(w, "interface", c->service == SCS_CA_RPC ? scs_rpc_interface_name(c->interface) : NULL);
    if (c->service == SCS_CA_RPC && c->outcome != SCS_CA_BIND_REFUSED) {
        scs_json_count(w, "operation", c->operation);
    }
    scs_json_text(w, "account", scs_redact_name(r->ctx->redactor, c->account));
    scs_json_text(w, "outcome", outcomes[c->outcome]);
    if (c->outcome != SCS_CA_ANSWERED && c->outcome != SCS_CA_UNANSWERED) {
        scs_json_count(w, "status", c->status);
    }
    scs_json_true(w, "recovered", c->recovered);
    scs_json_true(w, "uncertain", c->uncertain);
    scs_json_time(w, "started", c->started_ns);
    if (c->wait_ns != SCS_NO_TIME) {
        scs_json_ms(w, "wait_ms", c->wait_ns);
    }
    scs_json_frame(w, "first_frame", c->first_frame);
    scs_json_frame(w, "last_frame", c->last_frame);
    scs_json_file(r, c->first_frame);
    scs_json_end_object(w);
}

void scs_json_ca_calls(struct scs_json_report *r, const struct scs_model *m)
{
    if (m->num_ca_calls == 0) {
        return;
    }
    scs_json_begin_array(&r->w, "ca_calls");
    for (uint32_t i = 0; i < m->num_ca_calls && !ferror(r->w.out); i++) {
        call(r, m->ca_calls[i]);
        scs_redactor_forget(r->ctx->redactor);
        scs_model_rest(m, i);
    }
    scs_json_end_array(&r->w);
}

/* ---- what SCEP servers fetch to check certificates ------------------------------------------------------- */

static void fetch(struct scs_json_report *r, const struct scs_revocation *v)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, NULL);
    scs_json_text(w, "kind", v->ocsp ? "ocsp" : "crl");
    scs_json_text(w, "client", scs_redact_addr(r->ctx->redactor, &v->client));
    scs_json_text(w, "server", scs_redact_endpoint(r->ctx->redactor, &v->server));
    scs_json_text(w, "host", scs_redact_host(r->ctx->redactor, v->request->host));
    scs_json_text(w, "target", scs_redact_target(r->ctx->redactor, v->request->target));
    scs_json_time(w, "started", v->started_ns);
    if (v->reply != NULL) {
        scs_json_count(w, "status", v->reply->status);
    }
    scs_json_true(w, "unanswered", v->unanswered);
    if (v->crl != NULL) {
        scs_json_text(w, "issuer", scs_redact_authority(r->ctx->redactor, v->crl->issuer));
        scs_json_seconds(w, "this_update", v->crl->this_update);
        scs_json_seconds(w, "next_update", v->crl->next_update);
    }
    if (v->answer != NULL) {
        scs_json_text(w, "response_status", scs_ocsp_status_name(v->answer->status));
        scs_json_text(w, "certificate_status", scs_ocsp_certificate_name(v->answer->certificate));
        scs_json_seconds(w, "this_update", v->answer->this_update);
        scs_json_seconds(w, "next_update", v->answer->next_update);
    }
    scs_json_frame(w, "first_frame", v->first_frame);
    scs_json_frame(w, "last_frame", v->last_frame);
    scs_json_file(r, v->first_frame);
    scs_json_end_object(w);
}

void scs_json_revocations(struct scs_json_report *r, const struct scs_model *m)
{
    if (m->num_revocations == 0) {
        return;
    }
    scs_json_begin_array(&r->w, "revocations");
    for (uint32_t i = 0; i < m->num_revocations && !ferror(r->w.out); i++) {
        fetch(r, m->revocations[i]);
        scs_redactor_forget(r->ctx->redactor);
    }
    scs_json_end_array(&r->w);
}
