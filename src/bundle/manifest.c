/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/manifest.h"

#include "report/json_writer.h"
#include "scepscope/scepscope.h"

/* What a reader must know before passing the bundle on. */
static const char *const hidden[] = {
    [SCS_REDACT_NONE] = "Nothing is hidden: names, addresses and contents stand here as they were captured.",
    [SCS_REDACT_SECRETS] = "Challenges, cookies and passwords are hidden; names and addresses are not.",
    [SCS_REDACT_STANDARD] = "Challenges, cookies, passwords, names of people and devices, and public addresses are hidden.",
    [SCS_REDACT_STRICT] = "Secrets, names, host names, all addresses and the contents of messages are hidden."};

static void inputs(struct scs_json *w, const struct scs_bundle_options *o)
{
    const struct scs_capture_facts *capture = o->report->model->capture;
    scs_json_begin_array(w, "inputs");
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const struct scs_capture_file *f = &capture->files[i];
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "path", scs_redact_payload(o->report->redactor, f->path));
        scs_json_text(w, "sha256", f->sha256);
        scs_json_text(w, "format", f->format);
        scs_json_count(w, "packets", f->packets);
        scs_json_count(w, "bytes", f->bytes);
        scs_json_bool(w, "complete", f->complete);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
}

static void options(struct scs_json *w, const struct scs_bundle_options *o)
{
    const struct scs_run_options *asked = o->asked;
    struct scs_redactor *r = o->report->redactor;
    scs_json_begin_object(w, "options");
    scs_json_text(w, "filter", scs_redact_text(r, asked->filter));
    scs_json_begin_array(w, "servers");
    for (uint32_t i = 0; i < asked->num_servers; i++) {
        scs_json_text(w, NULL, scs_redact_endpoint(r, &asked->servers[i]));
    }
    scs_json_end_array(w);
    scs_json_begin_array(w, "paths");
    for (uint32_t i = 0; i < asked->num_paths; i++) {
        scs_json_text(w, NULL, scs_redact_target(r, asked->paths[i]));
    }
    scs_json_end_array(w);
    if (asked->max_packets != 0) {
        scs_json_count(w, "max_packets", asked->max_packets);
    }
    scs_json_bool(w, "verify", !asked->no_verify);
    scs_json_count(w, "keys", asked->num_key_files);
    scs_json_count(w, "keylogs", asked->num_keylogs);
    scs_json_text(w, "language", o->report->lang);
    scs_json_end_object(w);
}

static void files(struct scs_json *w, const struct scs_bundle_member *members, uint32_t num)
{
    scs_json_begin_array(w, "files");
    for (uint32_t i = 0; i < num; i++) {
        scs_json_begin_object(w, NULL);
        scs_json_text(w, "name", members[i].name);
        scs_json_count(w, "bytes", members[i].bytes);
        scs_json_text(w, "sha256", members[i].sha256);
        scs_json_end_object(w);
    }
    scs_json_end_array(w);
}

static void left_out(struct scs_json *w, const struct scs_bundle_options *o)
{
    scs_json_begin_array(w, "left_out");
    scs_json_text(w, NULL, hidden[o->redaction]);
    scs_json_text(w, NULL, "The captures themselves: evidence.pcapng has the packets of what is reported, and no others.");
    scs_json_text(w, NULL, "Private keys, key logs and passphrases: a bundle never holds any.");
    scs_json_end_array(w);
}

bool scs_manifest_write(const struct scs_bundle_options *o, const struct scs_bundle_member *members, uint32_t num, FILE *out)
{
    struct scs_json w;
    scs_json_init(&w, out);
    scs_json_begin_object(&w, NULL);
    scs_json_text(&w, "schema", "scepscope/manifest/1");
    scs_json_text(&w, "version", SCS_VERSION);
    scs_json_text(&w, "redaction", scs_redaction_name(o->redaction));
    inputs(&w, o);
    options(&w, o);
    files(&w, members, num);
    left_out(&w, o);
    scs_json_end_object(&w);
    scs_redactor_forget(o->report->redactor);
    return fflush(out) == 0 && !ferror(out);
}
