// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights: which registers users may reach, by call and by mapping
 *
 * A user who can set a bus address owns the machine. The card's guards cover
 * such registers; the MSI-X table and its pending bits are covered here, since
 * an MSI is a memory write to an address in that table.
 *
 * A call is checked to the byte. A mapping can only be checked to the page, so
 * a guard takes the rights of all pages that it touches.
 *
 * Enable bits of interrupts take no rights: see access.c. A mapping reaches them.
 */
#include <linux/capability.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

#define RIGHTS_READ	(UPCIEDEV_AREA_MAP_READ | UPCIEDEV_AREA_CALL_READ)
#define RIGHTS_ALL	(UPCIEDEV_RIGHTS_MAP | UPCIEDEV_RIGHTS_CALL)

static bool locked_down(void)
{
	return security_locked_down(LOCKDOWN_PCI_ACCESS);
}

/* Has the administrator given the machine to the users of this card? */
bool upciedev_unguarded(const struct upciedev_device *device)
{
	return *device->plugin->unguard && !locked_down();
}

/* May the process that opens a file reprogram boards? Then it owns the machine anyway */
bool upciedev_opens_as_admin(void)
{
	return capable(CAP_SYS_RAWIO) && !locked_down();
}

static struct upciedev_window *guard_add(struct upciedev_device *device, u32 bar, u64 start,
					 u64 length, u32 rights)
{
	struct upciedev_window *window = &device->windows[device->nr_windows++];

	window->bar = bar;
	window->start = start;
	window->end = start + length;
	window->rights = rights;
	window->admin_rights = rights;
	return window;
}

/* Two entries for the table and the pending bits of MSI-X, if there are any */
static void guard_msix(struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	u32 table, pba;
	u16 control;
	u64 vectors;

	if (!pdev->msix_cap)
		return;
	pci_read_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, &control);
	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_TABLE, &table);
	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_PBA, &pba);
	vectors = (control & PCI_MSIX_FLAGS_QSIZE) + 1;
	guard_add(device, table & PCI_MSIX_TABLE_BIR, table & PCI_MSIX_TABLE_OFFSET,
		  vectors * PCI_MSIX_ENTRY_SIZE, RIGHTS_READ);
	guard_add(device, pba & PCI_MSIX_PBA_BIR, pba & PCI_MSIX_PBA_OFFSET,
		  DIV_ROUND_UP(vectors, 64) * 8, RIGHTS_READ);
}

static u32 guard_rights(const struct upciedev_guard *guard)
{
	return guard->flags & UPCIEDEV_GUARD_READABLE ? RIGHTS_READ : 0;
}

/*
 * An IOMMU confines the board, not its users from each other: what it maps for the board is
 * memory of all who use its channels. So it lifts guards only where there are no channels.
 */
static bool guards_lifted(const struct upciedev_device *device)
{
	return (device->confined && !device->card->nr_dmas) || upciedev_unguarded(device);
}

static void guard_take(struct upciedev_device *device, const struct upciedev_guard *guard)
{
	bool admin = guard->flags & UPCIEDEV_GUARD_ADMIN;
	struct upciedev_window *window;
	u32 rights = guard_rights(guard);

	if (!admin && guards_lifted(device))
		return;
	if (admin)	/* a map would outlast the reason for which it was given */
		rights &= ~UPCIEDEV_RIGHTS_MAP;
	window = guard_add(device, guard->bar, guard->offset, guard->length, rights);
	window->period = guard->period;
	if (admin)
		window->admin_rights = UPCIEDEV_RIGHTS_CALL;
}

static bool is_open(const struct upciedev_guard *guard, u32 bar)
{
	return guard->flags & UPCIEDEV_GUARD_OPEN && guard->bar == bar;
}

/* What the open entries of a BAR leave, which ascend; nothing of one that has none */
static void guard_others(struct upciedev_device *device, u32 bar)
{
	const struct upciedev_card *card = device->card;
	const struct upciedev_guard *guard;
	bool any = false;
	u64 end = 0;

	for (guard = card->guards; guard < card->guards + card->nr_guards; guard++) {
		if (!is_open(guard, bar))
			continue;
		if (guard->offset > end)
			guard_add(device, bar, end, guard->offset - end, 0);
		end = guard->offset + guard->length;
		any = true;
	}
	if (any && end < device->bars[bar].length)
		guard_add(device, bar, end, device->bars[bar].length - end, 0);
}

/**
 * upciedev_guards_begin() - the guards that hold for the board which begins
 * @device: device without a board
 *
 * The administrator may have changed the kind of the IOMMU's domain since the last board
 * began, or locked the kernel down. Stale files may ask for their rights meanwhile: their
 * answer is of no use, but what they read stays in the table.
 */
void upciedev_guards_begin(struct upciedev_device *device)
{
	const struct upciedev_card *card = device->card;
	u32 i;

	WRITE_ONCE(device->confined, upciedev_confined(device));
	device->nr_windows = 0;
	for (i = 0; i < card->nr_guards; i++)
		if (!(card->guards[i].flags & UPCIEDEV_GUARD_OPEN))
			guard_take(device, &card->guards[i]);
	for (i = 0; i < UPCIEDEV_NR_BARS && !guards_lifted(device); i++)
		guard_others(device, i);
	guard_msix(device);
	if (*device->plugin->unguard && locked_down())
		pci_warn(device->pdev, "unguard has no effect while the kernel is locked down\n");
}

/* Not managed by devres: stale files ask for their rights after the removal */
int upciedev_guards_init(struct upciedev_device *device)
{
	/* Between and around open entries there is one guard more than there are entries */
	device->windows = kcalloc(device->card->nr_guards + UPCIEDEV_NR_BARS + 2,
				  sizeof(*device->windows), GFP_KERNEL);
	return device->windows ? 0 : -ENOMEM;
}

static struct upciedev_kept *kept_at(struct upciedev_device *device,
				     const struct upciedev_card_bits *bits)
{
	struct upciedev_kept *kept;

	for (kept = device->kept; kept < device->kept + device->nr_kept; kept++)
		if (kept->bar == bits->bar && kept->offset == bits->offset &&
		    kept->width == bits->width)
			return kept;
	device->nr_kept++;
	kept->bar = bits->bar;
	kept->offset = bits->offset;
	kept->width = bits->width;
	return kept;
}

static void kept_add(struct upciedev_device *device, const struct upciedev_card_bits *bits)
{
	struct upciedev_kept *kept = kept_at(device, bits);
	struct upciedev_bar *bar = &device->bars[kept->bar];
	u64 end = kept->offset + kept->width / 8;

	kept->mask |= bits->mask;
	if (bits->flags & UPCIEDEV_BITS_ACT)
		kept->acting |= bits->mask;
	if (bits->flags & UPCIEDEV_BITS_UNREAD)
		kept->unread = true;
	bar->kept_start = bar->kept_end ? min(bar->kept_start, kept->offset) : kept->offset;
	bar->kept_end = max(bar->kept_end, end);
}

/* After upciedev_irqs_check(); freed with the device, as are the guards */
int upciedev_kept_init(struct upciedev_device *device)
{
	const struct upciedev_card *card = device->card;
	const struct upciedev_card_irq *cause;

	device->kept = kcalloc(card->nr_irqs, sizeof(*device->kept), GFP_KERNEL);
	if (!device->kept)
		return -ENOMEM;
	for (cause = card->irqs; cause < card->irqs + card->nr_irqs; cause++)
		if (cause->enable.width)
			kept_add(device, &cause->enable);
	return 0;
}

/* A new generation of the board: nothing was written to it */
void upciedev_kept_begin(struct upciedev_device *device)
{
	struct upciedev_kept *kept;

	for (kept = device->kept; kept < device->kept + device->nr_kept; kept++)
		kept->written = 0;
}

static bool overlap(u64 start, u64 end, u64 other_start, u64 other_end)
{
	return start < other_end && other_start < end;
}

/* Does a stretch touch the window, or one of its repetitions? */
static bool meets(const struct upciedev_window *window, u64 start, u64 end)
{
	u64 period = window->period, first, last, length = end - start;

	if (!period)
		return overlap(start, end, window->start, window->end);
	if (length >= period)
		return true;
	start %= period;
	first = window->start % period;
	last = first + window->end - window->start;
	return overlap(start, start + length, first, last) ||
	       overlap(start, start + length, first + period, last + period) ||
	       (last > period && overlap(start, start + length, 0, last - period));
}

/**
 * upciedev_rights() - what users may do with a stretch of a BAR
 * @device: device
 * @admin: for a file that was opened as the administrator
 * @index: BAR
 * @offset: first byte; the stretch lies inside the BAR
 * @length: bytes
 *
 * Returns UPCIEDEV_AREA_*: calls for exactly this stretch, mapping for all pages
 * that it touches.
 */
u32 upciedev_rights(const struct upciedev_device *device, bool admin, u32 index,
		    u64 offset, u64 length)
{
	const struct upciedev_bar *bar = upciedev_bar(device, index);
	u64 page = round_down(offset, PAGE_SIZE);
	u64 page_end = round_up(offset + length, PAGE_SIZE);
	const struct upciedev_window *window;
	u32 rights = RIGHTS_ALL, left;

	if (!bar)
		return 0;
	if (!bar->mappable || page_end > bar->length)
		rights &= ~UPCIEDEV_RIGHTS_MAP;
	for (window = device->windows; window < device->windows + device->nr_windows; window++) {
		if (window->bar != index)
			continue;
		left = admin ? window->admin_rights : window->rights;
		if (meets(window, offset, offset + length))
			rights &= left | UPCIEDEV_RIGHTS_MAP;
		if (meets(window, page, page_end))
			rights &= left | UPCIEDEV_RIGHTS_CALL;
	}
	return rights;
}

static u64 nearest(u64 offset, u64 end, u64 candidate)
{
	return candidate > offset && candidate < end ? candidate : end;
}

/* The first repetition of a bound behind @offset */
static u64 repeated(u64 bound, u64 period, u64 offset)
{
	bound %= period;
	return offset < bound ? bound : bound + ((offset - bound) / period + 1) * period;
}

static u64 window_bound(const struct upciedev_window *window, u64 offset, u64 end)
{
	if (!window->period) {
		end = nearest(offset, end, round_down(window->start, PAGE_SIZE));
		end = nearest(offset, end, window->start);
		end = nearest(offset, end, window->end);
		return nearest(offset, end, round_up(window->end, PAGE_SIZE));
	}
	end = nearest(offset, end, round_down(offset, PAGE_SIZE) + PAGE_SIZE);
	end = nearest(offset, end, repeated(window->start, window->period, offset));
	return nearest(offset, end, repeated(window->end, window->period, offset));
}

/* Where the rights that hold at @offset may change for the first time */
u64 upciedev_area_end(const struct upciedev_device *device, u32 index, u64 offset)
{
	u64 end = device->bars[array_index_nospec(index, UPCIEDEV_NR_BARS)].length;
	const struct upciedev_window *window;

	end = nearest(offset, end, round_down(end, PAGE_SIZE));
	for (window = device->windows; window < device->windows + device->nr_windows; window++)
		if (window->bar == index)
			end = window_bound(window, offset, end);
	return end;
}

/* What the way in which a file was opened leaves of the rights */
u32 upciedev_file_rights(const struct upciedev_file *file)
{
	u32 rights = 0;

	if (file->filp->f_mode & FMODE_READ)
		rights |= RIGHTS_READ;
	if (file->filp->f_mode & FMODE_WRITE)
		rights |= UPCIEDEV_AREA_CALL_WRITE;
	if ((file->filp->f_mode & FMODE_READ) && (file->filp->f_mode & FMODE_WRITE))
		rights |= UPCIEDEV_AREA_MAP_WRITE;
	return rights;
}
