// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space, as the kernel reads and writes it
 */
#include <linux/module.h>

#include "bridge.h"

DEFINE_RAW_SPINLOCK(hb_lock);

u16 hb_get16(const struct hb_function *function, u32 offset)
{
	return le16_to_cpup((const __le16 *)&function->config[offset]);
}

u32 hb_get32(const struct hb_function *function, u32 offset)
{
	return le32_to_cpup((const __le32 *)&function->config[offset]);
}

void hb_put16(struct hb_function *function, u32 offset, u16 value)
{
	*(__le16 *)&function->config[offset] = cpu_to_le16(value);
}

void hb_put32(struct hb_function *function, u32 offset, u32 value)
{
	*(__le32 *)&function->config[offset] = cpu_to_le32(value);
}

/* By the port above it, as long as that says so */
static bool held_in_reset(const struct hb_function *function)
{
	return function->kind == HB_BOARD &&
	       function->up->config[PCI_BRIDGE_CONTROL] & PCI_BRIDGE_CTL_BUS_RESET;
}

/* All bridges above are there; nobody pulls them */
static struct hb_function *find(u8 bus, u32 devfn)
{
	struct hb_function *function;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hb_functions); i++) {
		function = hb_functions[i];
		if (!function->present || function->devfn != devfn || held_in_reset(function))
			continue;
		if (function->up ? bus && function->up->config[PCI_SECONDARY_BUS] == bus : !bus)
			return function;
	}
	return NULL;
}

static u32 get(const struct hb_function *function, int where, int size)
{
	u32 value = 0;

	while (size--)
		value = value << 8 | function->config[where + size];
	return value;
}

static void put(struct hb_function *function, int where, int size, u32 value)
{
	u8 byte, *old, writable;
	int i;

	for (i = 0; i < size; i++) {
		byte = value >> (8 * i);
		old = &function->config[where + i];
		writable = function->writable[where + i];
		*old = (*old & ~writable) | (byte & writable);
		*old &= ~(byte & function->clears[where + i]);
	}
}

/* A function level reset: the bit is in the second byte of Device Control */
static bool asks_for_reset(const struct hb_function *function, int where, int size, u32 value)
{
	int byte = HB_EXP + PCI_EXP_DEVCTL + 1;

	return function->kind == HB_BOARD && where <= byte && byte < where + size &&
	       value >> (8 * (byte - where)) & PCI_EXP_DEVCTL_BCR_FLR >> 8;
}

/* A reset of the bus below a port, while it lasts */
static bool resets_below(const struct hb_function *function, int where, int size)
{
	int byte = PCI_BRIDGE_CONTROL;

	return function->kind == HB_DOWNSTREAM && where <= byte && byte < where + size &&
	       function->config[byte] & PCI_BRIDGE_CTL_BUS_RESET;
}

static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	const struct hb_function *function;
	unsigned long flags;

	raw_spin_lock_irqsave(&hb_lock, flags);
	function = find(bus->number, devfn);
	*value = function && where + size <= HB_CONFIG ? get(function, where, size) : ~0U;
	raw_spin_unlock_irqrestore(&hb_lock, flags);
	return function ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct hb_function *function;
	unsigned long flags;

	raw_spin_lock_irqsave(&hb_lock, flags);
	function = find(bus->number, devfn);
	if (function && where + size <= HB_CONFIG) {
		put(function, where, size, value);
		if (asks_for_reset(function, where, size, value))
			hb_reset(function);
		if (resets_below(function, where, size))
			hb_reset(function->below);
		if (function->kind == HB_DOWNSTREAM)
			hb_line_check(function);
	}
	raw_spin_unlock_irqrestore(&hb_lock, flags);
	return function ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

struct pci_ops hb_pci_ops = { .read = config_read, .write = config_write };
