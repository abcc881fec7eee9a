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
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

#define RIGHTS_READ	(UPCIEDEV_AREA_MAP_READ | UPCIEDEV_AREA_CALL_READ)
#define RIGHTS_ALL	(UPCIEDEV_RIGHTS_MAP | UPCIEDEV_RIGHTS_CALL)

static int count_member(struct device *dev, void *count)
{
	++*(int *)count;
	return 0;
}

/* Alone in its group: no path to a neighbour that by-passes the IOMMU */
static bool isolated(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);
	int members = 0;

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &members, count_member);
	iommu_group_put(group);
	return members == 1;
}

/*
 * Does an IOMMU keep whatever bus address the board emits away from all memory
 * that is not its own? A lazily flushed domain does not: there an address works
 * for a while after its memory was freed. Nor does one that the board may
 * by-pass by translations of its own (ATS).
 */
static bool dma_confined(struct pci_dev *pdev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);

	return domain && domain->type == IOMMU_DOMAIN_DMA && !pdev->ats_enabled &&
	       isolated(&pdev->dev);
}

static void guard_add(struct upciedev_device *device, u32 bar, u64 start, u64 length,
		      u32 rights)
{
	struct upciedev_window *window = &device->windows[device->nr_windows++];

	window->bar = bar;
	window->start = start;
	window->end = start + length;
	window->rights = rights;
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

/* Not managed by devres: stale files ask for their rights after the removal */
int upciedev_guards_init(struct upciedev_device *device)
{
	const struct upciedev_card *card = device->card;
	u32 i, rights;

	device->windows = kcalloc(card->nr_guards + 2, sizeof(*device->windows), GFP_KERNEL);
	if (!device->windows)
		return -ENOMEM;
	device->confined = dma_confined(device->pdev);
	for (i = 0; i < card->nr_guards; i++) {
		rights = card->guards[i].flags & UPCIEDEV_GUARD_READABLE ? RIGHTS_READ : 0;
		if (device->confined || *device->plugin->unguard)
			rights = RIGHTS_ALL;
		guard_add(device, card->guards[i].bar, card->guards[i].offset,
			  card->guards[i].length, rights);
	}
	guard_msix(device);
	return 0;
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

/**
 * upciedev_rights() - what users may do with a stretch of a BAR
 * @device: device
 * @index: BAR
 * @offset: first byte; the stretch lies inside the BAR
 * @length: bytes
 *
 * Returns UPCIEDEV_AREA_*: calls for exactly this stretch, mapping for all pages
 * that it touches.
 */
u32 upciedev_rights(const struct upciedev_device *device, u32 index,
		    u64 offset, u64 length)
{
	const struct upciedev_bar *bar = upciedev_bar(device, index);
	u64 page = round_down(offset, PAGE_SIZE);
	u64 page_end = round_up(offset + length, PAGE_SIZE);
	const struct upciedev_window *window;
	u32 rights = RIGHTS_ALL;

	if (!bar)
		return 0;
	if (!bar->mappable || page_end > bar->length)
		rights &= ~UPCIEDEV_RIGHTS_MAP;
	for (window = device->windows; window < device->windows + device->nr_windows; window++) {
		if (window->bar != index)
			continue;
		if (overlap(offset, offset + length, window->start, window->end))
			rights &= window->rights | UPCIEDEV_RIGHTS_MAP;
		if (overlap(page, page_end, window->start, window->end))
			rights &= window->rights | UPCIEDEV_RIGHTS_CALL;
	}
	return rights;
}

static u64 nearest(u64 offset, u64 end, u64 candidate)
{
	return candidate > offset && candidate < end ? candidate : end;
}

/* Where the rights that hold at @offset may change for the first time */
u64 upciedev_area_end(const struct upciedev_device *device, u32 index, u64 offset)
{
	u64 end = device->bars[index].length;
	const struct upciedev_window *window;

	end = nearest(offset, end, round_down(end, PAGE_SIZE));
	for (window = device->windows; window < device->windows + device->nr_windows; window++) {
		if (window->bar != index)
			continue;
		end = nearest(offset, end, round_down(window->start, PAGE_SIZE));
		end = nearest(offset, end, window->start);
		end = nearest(offset, end, window->end);
		end = nearest(offset, end, round_up(window->end, PAGE_SIZE));
	}
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

/**
 * upciedev_user_check() - may this file touch these registers by a call?
 * @file: open file
 * @span: registers
 * @need: UPCIEDEV_AREA_CALL_*
 *
 * Returns 0, -EBADF, -EPERM or an error of upciedev_span_check().
 */
int upciedev_user_check(const struct upciedev_file *file,
			const struct upciedev_span *span, u32 need)
{
	const struct upciedev_device *device = file->device;
	int err;

	if (need & ~upciedev_file_rights(file))
		return -EBADF;
	err = upciedev_span_check(device, span);
	if (err)
		return err;
	if (need & ~upciedev_rights(device, span->bar, span->offset,
				    upciedev_span_bytes(span)))
		return -EPERM;
	return 0;
}
