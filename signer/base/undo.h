/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a file where it is. Before its first byte is written, a record of what will be overwritten
 * lies beside it (".NAME.signet-undo"), on the disk if the disk has the file; it goes away when the change is
 * where the file was. So whatever ends the process, or the machine, the file can be had back as far as it was
 * there: docs/safe-writing.md, "In place".
 */
#ifndef SIGNER_BASE_UNDO_H
#define SIGNER_BASE_UNDO_H

#include "signer/base/file.h"

/*
 * Makes the change in the file that src was opened from. path: absolute, symlinks resolved. Modification
 * time and mode stay. durable: everything is flushed, also what the disk never had, and that the record is
 * gone. On failure the file is as it was, unless the message says otherwise. SGN_E_UNSUPPORTED where it
 * cannot be made safe (a name that is too long, a file system without locks).
 */
int sgn_undo_change(const char *path, const struct sgn_source *src, const struct sgn_change *change,
                    bool durable, struct sgn_error *err);

enum sgn_undone {
	SGN_UNDO_NOTHING,  /* there was no record */
	SGN_UNDO_RESTORED, /* the file is as it was before the interrupted change */
	SGN_UNDO_COMPLETE  /* only the record had to go: the change had been made as a whole */
};

/*
 * Deals with the record of an interrupted run. path as the user gave it; it need not exist. SGN_E_IO with
 * EBUSY when the run is alive; SGN_E_MISMATCH when the record is none of this file, or of another state of
 * it: then nothing is touched.
 */
int sgn_undo_recover(const char *path, enum sgn_undone *what, struct sgn_error *err);

/* 0, or SGN_E_FORMAT with what to do, when there is a record: then the file may be half written. path:
 * absolute, symlinks resolved. */
int sgn_undo_refuse_pending(const char *path, struct sgn_error *err);

/* Is this a record's name? Then the name of the file that it belongs to. */
bool sgn_undo_names(const char *name, struct sgn_view *file);

#endif
