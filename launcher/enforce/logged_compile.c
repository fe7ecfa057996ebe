/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "logged_compile.h"

#include <linux/seccomp.h>

int logged_compile(const struct mpol_rules *rules, const struct abi_family *family,
		   struct sock_filter *buf, size_t *ret_len)
{
	size_t len, i;
	int r;

	r = seccomp_compile(rules, family, buf, &len);
	if (r < 0)
		return r;
	/* Every return is a constant: there is one for each action. */
	for (i = 0; i < len; i++)
		if (buf[i].code == (BPF_RET | BPF_K) && buf[i].k != SECCOMP_RET_ALLOW)
			buf[i].k = SECCOMP_RET_USER_NOTIF;
	*ret_len = len;
	return 0;
}
