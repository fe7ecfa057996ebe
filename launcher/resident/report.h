/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the load said, kept beside the maps that it is about: status tells it again. Root only. */
#ifndef MPOLRUN_RESIDENT_REPORT_H
#define MPOLRUN_RESIDENT_REPORT_H

#include "resident.h"

/* In the place of what was kept before. -errno of bpf(2). */
int report_keep(const struct resident_load_report *report);

/* -ENOENT: none is kept, or one of another release. */
int report_read(struct resident_load_report *ret);

#endif
