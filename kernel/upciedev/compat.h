/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that knows what differs between kernels, 6.1 to the newest.
 * Nothing else of upciedev may look at the kernel's version.
 */
#ifndef UPCIEDEV_COMPAT_H
#define UPCIEDEV_COMPAT_H

#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/version.h>

#ifndef CONFIG_64BIT
#error upciedev is for 64-bit kernels only: each register is reached by one access of its width
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define EXPORT_SYMBOL_UPCIEDEV(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, UPCIEDEV)
#else
#define EXPORT_SYMBOL_UPCIEDEV(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "UPCIEDEV")
#endif

/* The device argument of struct class.devnode became const */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define UPCIEDEV_DEVNODE_CONST
#else
#define UPCIEDEV_DEVNODE_CONST	const
#endif

/* eventfd_signal() lost its count */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define upciedev_eventfd_signal(context)	eventfd_signal(context, 1)
#else
#define upciedev_eventfd_signal(context)	eventfd_signal(context)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* Can the messages of a group be only those that were given to its boards? */
static inline bool upciedev_isolated_msi(struct device *dev, struct iommu_group *group)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
#else
	return iommu_group_has_isolated_msi(group);
#endif
}

#endif /* UPCIEDEV_COMPAT_H */
