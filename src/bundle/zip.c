/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "scepscope/facts.h"

#define CHUNK 65536u
/* A member that may pass 4 GiB, compressed or not, needs the longer headers; smaller ones are read by every tool without. */
#define LARGE UINT64_C(0x7fffffff)

struct scs_zip {
    zipFile file;
    zip_fileinfo info;
    bool ok;
};

/* minizip opens files by name; ours is open already, and stays so. */
static voidpf ZCALLBACK hand_over(voidpf opaque, const void *filename, int mode)
{
    (void)filename;
    (void)mode;
    return opaque;
}

static int ZCALLBACK leave_open(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return fflush(stream);
}

/* DOS knows the years 1980 to 2107, in steps of two seconds, and no time zone: UTC. */
static void set_time(zip_fileinfo *info, int64_t ts_ns)
{
    char text[SCS_TIME_TEXT];
    unsigned year = 1980, month = 1, day = 1, hour = 0, minute = 0, second = 0;
    if (ts_ns != SCS_NO_TIME) {
        scs_text_time(ts_ns, text);
        if (sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6 || year < 1980 ||
            year > 2107) {
            year = 1980;
            month = day = 1;
        }
    }
    info->tmz_date = (tm_zip){.tm_year = year, .tm_mon = month - 1, .tm_mday = day};
    info->tmz_date.tm_hour = hour;
    info->tmz_date.tm_min = minute;
    info->tmz_date.tm_sec = second;
}

struct scs_zip *scs_zip_open(FILE *out, int64_t ts_ns)
{
    struct scs_zip *z = scs_xcalloc(1, sizeof *z);
    zlib_filefunc64_def io;
    fill_fopen64_filefunc(&io);
    io.zopen64_file = hand_over;
    io.zclose_file = leave_open;
    io.opaque = out;
    set_time(&z->info, ts_ns);
    z->file = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &io);
    z->ok = z->file != NULL;
    return z;
}

static bool copy(struct scs_zip *z, FILE *in)
{
    unsigned char *chunk = scs_xmalloc(CHUNK);
    bool ok = true;
    for (size_t n; ok && (n = fread(chunk, 1, CHUNK, in)) != 0;) {
        ok = zipWriteInFileInZip(z->file, chunk, (unsigned)n) == ZIP_OK;
    }
    free(chunk);
    return ok && !ferror(in);
}

bool scs_zip_add(struct scs_zip *z, const char *name, FILE *in)
{
    if (!z->ok || fseek(in, 0, SEEK_END) != 0) {
        return z->ok = false;
    }
    long size = ftell(in);
    rewind(in);
    z->ok = size >= 0 &&
            zipOpenNewFileInZip64(z->file, name, &z->info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, Z_DEFAULT_COMPRESSION,
                                  (uint64_t)size >= LARGE) == ZIP_OK &&
            copy(z, in);
    z->ok = z->ok && zipCloseFileInZip(z->file) == ZIP_OK;
    return z->ok;
}

bool scs_zip_close(struct scs_zip *z)
{
    if (z == NULL) {
        return false;
    }
    bool ok = z->file != NULL && zipClose(z->file, NULL) == ZIP_OK && z->ok;
    free(z);
    return ok;
}
