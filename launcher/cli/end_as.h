/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_END_AS_H
#define MPOLRUN_END_AS_H

/* End as the command did, of whose waitpid(2) @status is: by its signal, or its exit status. */
void end_as(int status) __attribute__((noreturn));

#endif
