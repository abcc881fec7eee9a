// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping of BARs and of the status page
 *
 * Pages are inserted when touched, so that removal can take them away. A map
 * that is touched afterwards gets a page of ordinary memory, all ones, of its
 * own: the process lives on and finds out by the status page.
 *
 * Everything is inserted by page frame number. No reference to a page gets out
 * (get_user_pages() refuses such maps), hence the pages live as long as the map
 * or, the status page, as long as the file that the map holds.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

#define STATUS_BAR	(UPCIEDEV_POS_STATUS >> UPCIEDEV_BAR_SHIFT)

struct upciedev_map {
	refcount_t users;	/* a map is split by munmap() and copied by fork() */
	struct page *replacement;
	u32 writable;		/* or was, in any part */
};

static u32 position_bar(pgoff_t pgoff)
{
	return ((u64)pgoff << PAGE_SHIFT) >> UPCIEDEV_BAR_SHIFT;
}

static u64 position_offset(pgoff_t pgoff)
{
	return ((u64)pgoff << PAGE_SHIFT) & (BIT_ULL(UPCIEDEV_BAR_SHIFT) - 1);
}

static void map_open(struct vm_area_struct *vma)
{
	struct upciedev_map *map = vma->vm_private_data;

	refcount_inc(&map->users);
}

static void map_close(struct vm_area_struct *vma)
{
	struct upciedev_map *map = vma->vm_private_data;

	if (!refcount_dec_and_test(&map->users))
		return;
	if (map->writable)
		upciedev_claim_unmap(vma->vm_file->private_data);
	if (map->replacement) {
		__free_page(map->replacement);
		upciedev_count(UPCIEDEV_COUNT_REPLACEMENT_PAGES, -1);
	}
	kfree(map);
	upciedev_count(UPCIEDEV_COUNT_MAPS, -1);
}

/* Two threads may fault at once: the first page wins */
static struct page *map_replacement(struct upciedev_map *map)
{
	struct page *page = READ_ONCE(map->replacement);
	struct page *winner;

	if (page)
		return page;
	page = alloc_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return NULL;
	memset(page_address(page), 0xff, PAGE_SIZE);
	winner = cmpxchg(&map->replacement, NULL, page);
	if (winner) {
		__free_page(page);
		return winner;
	}
	upciedev_count(UPCIEDEV_COUNT_REPLACEMENT_PAGES, 1);
	return page;
}

static vm_fault_t insert_replacement(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page = map_replacement(vma->vm_private_data);

	if (!page)
		return VM_FAULT_OOM;
	/* Not vma->vm_page_prot: that is uncached, the kernel's alias is not */
	return vmf_insert_pfn_prot(vma, vmf->address, page_to_pfn(page),
				   vm_get_page_prot(vma->vm_flags));
}

static vm_fault_t insert_register(struct vm_fault *vmf, const struct upciedev_device *device)
{
	const struct upciedev_bar *bar = upciedev_bar(device, position_bar(vmf->pgoff));
	u64 offset = position_offset(vmf->pgoff);

	if (!bar || offset >= bar->length)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(bar->start + offset));
}

static vm_fault_t map_fault(struct vm_fault *vmf)
{
	struct upciedev_file *file = vmf->vma->vm_file->private_data;
	struct upciedev_board *board = file->board;
	struct upciedev_device *device = file->device;
	vm_fault_t result = 0;
	unsigned int flags;
	bool gone;
	int section;

	if (position_bar(vmf->pgoff) == STATUS_BAR)
		return vmf_insert_pfn(vmf->vma, vmf->address,
				      page_to_pfn(virt_to_page(board->status)));

	section = srcu_read_lock(&device->srcu);
	flags = memalloc_noio_save();	/* it may want pages for the table */
	gone = READ_ONCE(board->gone);
	if (!gone)
		result = insert_register(vmf, device);
	memalloc_noio_restore(flags);
	srcu_read_unlock(&device->srcu, section);
	return gone ? insert_replacement(vmf) : result;
}

/* Refused while another file holds the claim; the mm is locked for writing */
static int map_make_writable(struct upciedev_file *file, struct upciedev_map *map)
{
	int err;

	if (READ_ONCE(map->writable))
		return 0;
	err = upciedev_claim_map(file);
	if (!err && xchg(&map->writable, 1))
		upciedev_claim_unmap(file);	/* a process forked off was faster */
	return err;
}

static int map_mprotect(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			unsigned long flags)
{
	if (!(flags & VM_WRITE))
		return 0;
	return map_make_writable(vma->vm_file->private_data, vma->vm_private_data);
}

static const struct vm_operations_struct map_ops = {
	.open	  = map_open,
	.close	  = map_close,
	.mprotect = map_mprotect,
	.fault	  = map_fault,
};

/* 0, or why there can be no map of these rights */
static int map_check(const struct upciedev_file *file, const struct vm_area_struct *vma, u32 need)
{
	const struct upciedev_touch touch = {
		.path = UPCIEDEV_PATH_MAP, .need = need, .bar = position_bar(vma->vm_pgoff),
		.offset = position_offset(vma->vm_pgoff), .length = vma->vm_end - vma->vm_start,
	};

	if (touch.bar == STATUS_BAR && (touch.offset || touch.length != PAGE_SIZE))
		return -ERANGE;
	if (touch.bar == STATUS_BAR)
		return need & UPCIEDEV_AREA_MAP_WRITE ? -EPERM : 0;
	if (upciedev_gone(file->board))
		return -ENODEV;
	if (touch.bar >= UPCIEDEV_NR_BARS)
		return -EINVAL;
	return upciedev_may_touch(file->device, file, &touch);
}

int upciedev_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct upciedev_file *file = filp->private_data;
	struct upciedev_map *map;
	bool writable;
	int err;

	/* Not VM_SHARED: a shared map of a file that is not writable lacks it */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	err = map_check(file, vma, UPCIEDEV_AREA_MAP_READ);
	if (err)
		return err;
	writable = !map_check(file, vma, UPCIEDEV_RIGHTS_MAP);
	if ((vma->vm_flags & VM_EXEC) || ((vma->vm_flags & VM_WRITE) && !writable))
		return -EPERM;

	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;
	err = vma->vm_flags & VM_WRITE ? map_make_writable(file, map) : 0;
	if (err) {
		kfree(map);
		return err;
	}
	refcount_set(&map->users, 1);
	upciedev_count(UPCIEDEV_COUNT_MAPS, 1);
	vma->vm_private_data = map;
	vma->vm_ops = &map_ops;
	if (position_bar(vma->vm_pgoff) != STATUS_BAR)
		vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* Else mprotect() would give what was refused here */
	vm_flags_clear(vma, VM_MAYEXEC);
	if (!writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	return 0;
}

static bool first_of_its_mapping(struct upciedev_device *device,
				 const struct upciedev_file *file)
{
	const struct upciedev_file *other;

	list_for_each_entry(other, &device->files, node) {
		if (other == file)
			break;
		if (other->filp->f_mapping == file->filp->f_mapping)
			return false;
	}
	return true;
}

/*
 * Take away all pages that were inserted. Every node of a device (mknod, another
 * container) has an address space of its own.
 */
void upciedev_unmap_all(struct upciedev_device *device)
{
	struct upciedev_file *file;

	mutex_lock(&device->lock);
	list_for_each_entry(file, &device->files, node)
		if (first_of_its_mapping(device, file))
			unmap_mapping_range(file->filp->f_mapping, 0, 0, 1);
	mutex_unlock(&device->lock);
}
