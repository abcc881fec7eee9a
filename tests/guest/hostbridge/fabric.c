// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a request: from a board's link to another board, to the host's memory, or to
 * where it ends as an Unsupported Request
 *
 * Writes are posted: who sent one never hears what became of it.
 */
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/module.h>

#include "bridge.h"

bool hb_root_passes;
u64 hb_root_unsupported;

static bool commanded(const struct hb_function *function, u16 bit)
{
	return hb_get16(function, PCI_COMMAND) & bit;
}

static void end_here(struct hb_function *function)
{
	u32 status = HB_EXP + PCI_EXP_DEVSTA;

	function->unsupported++;
	hb_put16(function, status, hb_get16(function, status) | PCI_EXP_DEVSTA_URD |
		 PCI_EXP_DEVSTA_NFED);
}

/* Units of 1 MiB, of which both registers hold the first bits of the last */
static bool in_window(u64 address, u16 base, u16 limit, u32 base_high, u32 limit_high)
{
	u64 first = (u64)base_high << 32 | (u32)(base & 0xfff0) << 16;
	u64 last = (u64)limit_high << 32 | (u32)(limit & 0xfff0) << 16 | 0xfffff;

	return address >= first && address <= last;
}

/* Does the bridge claim it for those below? */
static bool claims(const struct hb_function *bridge, u64 address)
{
	if (!commanded(bridge, PCI_COMMAND_MEMORY))
		return false;
	return in_window(address, hb_get16(bridge, PCI_MEMORY_BASE),
			 hb_get16(bridge, PCI_MEMORY_LIMIT), 0, 0) ||
	       in_window(address, hb_get16(bridge, PCI_PREF_MEMORY_BASE),
			 hb_get16(bridge, PCI_PREF_MEMORY_LIMIT),
			 hb_get32(bridge, PCI_PREF_BASE_UPPER32),
			 hb_get32(bridge, PCI_PREF_LIMIT_UPPER32));
}

static u64 bar_address(const struct hb_function *board, u32 bar)
{
	u32 at = PCI_BASE_ADDRESS_0 + 4 * bar;
	u64 low = hb_get32(board, at) & (u32)PCI_BASE_ADDRESS_MEM_MASK;

	return bar == HB_MEMORY_BAR ? low | (u64)hb_get32(board, at + 4) << 32 : low;
}

static u32 bar_bytes(u32 bar)
{
	return bar == HB_MEMORY_BAR ? HB_MEMORY_BYTES : HB_REGS_BYTES;
}

/* What lies behind a BAR; NULL while the kernel has not placed it */
void __iomem *hb_behind(const struct hb_function *board, u32 bar)
{
	return hb_window_at(bar_address(board, bar), bar_bytes(bar));
}

/* NULL also while the board does not decode it */
void __iomem *hb_bar(const struct hb_function *board, u32 bar)
{
	if (!board->present || !commanded(board, PCI_COMMAND_MEMORY))
		return NULL;
	return hb_behind(board, bar);
}

static void __iomem *decode(const struct hb_function *board, u64 address)
{
	static const u32 bars[] = { HB_REGS_BAR, HB_MEMORY_BAR };
	void __iomem *base;
	u64 first;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bars); i++) {
		first = bar_address(board, bars[i]);
		base = hb_bar(board, bars[i]);
		if (base && address >= first && address - first < bar_bytes(bars[i]))
			return base + (address - first);
	}
	return NULL;
}

static struct hb_function *claiming_port(u64 address, const struct hb_function *but)
{
	u32 i;

	for (i = 0; i < HB_SLOTS; i++)
		if (hb_port(i) != but && claims(hb_port(i), address))
			return hb_port(i);
	return NULL;
}

/* At a slot's port. Returns the bytes that arrived */
static u32 deliver(struct hb_function *port, u64 address, const struct hb_request *request)
{
	struct hb_function *board = port->below;
	void __iomem *target;

	if (!board->present) {
		end_here(port);
		return 0;
	}
	target = decode(board, address);
	if (!target) {
		end_here(board);
		return 0;
	}
	memcpy_toio(target, request->data, request->length);
	board->landed += request->length;
	return request->length;
}

/* Takes a lock that interrupts do not respect, so it is asked before hb_lock is taken */
bool hb_is_memory(u64 address)
{
	unsigned long frame = address >> PAGE_SHIFT;

	return pfn_valid(frame) && page_is_ram(frame);
}

static void into_memory(u64 address, const struct hb_request *request)
{
	void *page = kmap_local_page(pfn_to_page(address >> PAGE_SHIFT));

	memcpy(page + offset_in_page(address), request->data, request->length);
	kunmap_local(page);
}

static void back_down(struct hb_function *from, u64 address, const struct hb_request *request)
{
	struct hb_function *port = NULL;

	if (hb_root_passes && claims(hb_root_port, address) && claims(hb_upstream, address))
		port = claiming_port(address, NULL);
	if (port)
		from->through_root += deliver(port, address, request);
	else
		hb_root_unsupported++;
}

static void at_root(struct hb_function *from, const struct hb_request *request)
{
	u64 address = request->at_root;

	if (address != HB_NOWHERE && hb_window_at(address, request->length)) {
		back_down(from, address, request);
	} else if (address != HB_NOWHERE && request->is_memory) {
		into_memory(address, request);
		from->to_memory += request->length;
	} else {
		hb_root_unsupported++;
	}
}

static void through_switch(struct hb_function *from, const struct hb_request *request)
{
	struct hb_function *port = from->up, *other;
	bool redirected = hb_get16(port, HB_ACS + PCI_ACS_CTRL) & PCI_ACS_RR;

	if (!commanded(port, PCI_COMMAND_MASTER)) {
		end_here(port);
		return;
	}
	other = redirected ? NULL : claiming_port(request->address, port);
	if (other)
		from->through_switch += deliver(other, request->address, request);
	else if (!redirected && claims(hb_upstream, request->address))
		end_here(hb_upstream);
	else if (!commanded(hb_upstream, PCI_COMMAND_MASTER))
		end_here(hb_upstream);
	else if (!commanded(hb_root_port, PCI_COMMAND_MASTER))
		end_here(hb_root_port);
	else
		at_root(from, request);
}

/**
 * hb_emit() - a board sends a request
 * @board: who
 * @request: within HB_REQUEST bytes that lie together
 *
 * Returns false while it may not.
 */
bool hb_emit(struct hb_function *board, const struct hb_request *request)
{
	unsigned long flags;
	bool may;

	raw_spin_lock_irqsave(&hb_lock, flags);
	may = board->present && !board->reset && commanded(board, PCI_COMMAND_MASTER);
	if (may)
		through_switch(board, request);
	raw_spin_unlock_irqrestore(&hb_lock, flags);
	return may;
}
