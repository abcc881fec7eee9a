// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory behind the BARs: a part of the machine's that the kernel does not know of
 *
 * With memory that the kernel knows, DMA to a CPU address would succeed: what the offset is
 * to show would be hidden.
 */
#define pr_fmt(fmt) "test_bridge: " fmt

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>

#include "bridge.h"

struct resource hb_window = { .name = "test_bridge", .flags = IORESOURCE_MEM };

static void __iomem *mapped;

int hb_window_take(u64 start, u64 length)
{
	int err;

	if (!start || !length)
		return -EINVAL;
	hb_window.start = start;
	hb_window.end = start + length - 1;
	err = request_resource(&iomem_resource, &hb_window);
	if (err) {
		pr_err("%pR is in use: boot with memmap=%llu%%0x%llx-1\n", &hb_window, length,
		       start);
		return err;
	}
	mapped = ioremap(start, length);
	if (!mapped) {
		release_resource(&hb_window);
		return -ENOMEM;
	}
	memset_io(mapped, 0, length);
	return 0;
}

void hb_window_give_back(void)
{
	iounmap(mapped);
	release_resource(&hb_window);
}

void __iomem *hb_window_at(u64 bus, u32 length)
{
	u64 first = hb_bus_address(hb_window.start), all = resource_size(&hb_window);

	if (bus < first || bus - first > all - length)
		return NULL;
	return mapped + (bus - first);
}
