/* SPDX-License-Identifier: Apache-2.0 */
/* Small members that many kinds of object have: lists of words and numbers, frames and the file they are of. */
#include "report/json_parts.h"

void scs_json_flags(struct scs_json *w, const char *name, uint32_t flags, const struct scs_flag_word *words)
{
    bool any = false;
    for (; words->word != NULL; words++) {
        if ((flags & words->flag) == 0) {
            continue;
        }
        if (!any) {
            scs_json_begin_row(w, name);
            any = true;
        }
        scs_json_text(w, NULL, words->word);
    }
    if (any) {
        scs_json_end_array(w);
    }
}

void scs_json_file(struct scs_json_report *r, scs_frame frame)
{
    const struct scs_capture_facts *capture = r->ctx->model->capture;
    if (capture->num_files > 1 && SCS_FRAME_FILE(frame) < capture->num_files) {
        scs_json_text(&r->w, "file", scs_redact_payload(r->ctx->redactor, capture->files[SCS_FRAME_FILE(frame)].path));
    }
}

void scs_json_frame(struct scs_json *w, const char *name, scs_frame frame)
{
    if (frame != 0) {
        scs_json_count(w, name, SCS_FRAME_NUMBER(frame));
    }
}

void scs_json_ids(struct scs_json_report *r, const char *name, const uint32_t *ids, uint32_t num, scs_stream_id *number_of)
{
    scs_json_begin_row(&r->w, name);
    for (uint32_t i = 0; i < num; i++) {
        scs_json_count(&r->w, NULL, number_of(r->ids, ids[i]));
    }
    scs_json_end_array(&r->w);
}
