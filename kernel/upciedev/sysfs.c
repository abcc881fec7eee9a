// SPDX-License-Identifier: GPL-2.0-only
/* Attributes below /sys/class/upciedev/<pci address>/ */
#include <linux/sysfs.h>

#include "compat.h"
#include "internal.h"

static struct upciedev_device *to_device(struct device *dev)
{
	return container_of(dev, struct upciedev_device, dev);
}

static ssize_t abi_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", UPCIEDEV_ABI_VERSION);
}
static DEVICE_ATTR_RO(abi);

static ssize_t card_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_device(dev)->card->name);
}
static DEVICE_ATTR_RO(card);

/* 0 while the board is gone */
static ssize_t generation_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct upciedev_device *device = to_device(dev);
	u64 generation;

	mutex_lock(&device->lock);
	generation = device->board ? device->board->generation : 0;
	mutex_unlock(&device->lock);
	return sysfs_emit(buf, "%llu\n", generation);
}
static DEVICE_ATTR_RO(generation);

static ssize_t gone_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", !READ_ONCE(to_device(dev)->board));
}
static DEVICE_ATTR_RO(gone);

static ssize_t root_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct upciedev_device *device = to_device(dev);

	return sysfs_emit(buf, "%04x:%02x\n", pci_domain_nr(device->pdev->bus), device->root);
}
static DEVICE_ATTR_RO(root);

static ssize_t slot_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct upciedev_device *device = to_device(dev);

	if (device->slot == UPCIEDEV_NO_SLOT)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u\n", device->slot);
}
static DEVICE_ATTR_RO(slot);

/* An atomic64_t of struct upciedev_device */
struct counter {
	struct device_attribute attr;
	size_t offset;
};

static ssize_t counter_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct counter *counter = container_of(attr, struct counter, attr);
	const void *value = (const void *)to_device(dev) + counter->offset;

	return sysfs_emit(buf, "%lld\n", (s64)atomic64_read((const atomic64_t *)value));
}

static struct counter counters[] = {
	{ __ATTR(interrupts, 0444, counter_show, NULL),
	  offsetof(struct upciedev_device, interrupts) },
	{ __ATTR(spurious, 0444, counter_show, NULL),
	  offsetof(struct upciedev_device, spurious) },
	{ __ATTR(storms, 0444, counter_show, NULL),
	  offsetof(struct upciedev_device, storms) },
	{ __ATTR(lost, 0444, counter_show, NULL),
	  offsetof(struct upciedev_device, lost) },
};

static struct attribute *upciedev_attrs[] = {
	&dev_attr_abi.attr,
	&dev_attr_card.attr,
	&dev_attr_generation.attr,
	&dev_attr_gone.attr,
	&dev_attr_root.attr,
	&dev_attr_slot.attr,
	&counters[0].attr.attr,
	&counters[1].attr.attr,
	&counters[2].attr.attr,
	&counters[3].attr.attr,
	NULL
};

static const struct attribute_group upciedev_group = {
	.attrs = upciedev_attrs,
};

const struct attribute_group *upciedev_groups[] = {
	&upciedev_group,
	NULL
};
