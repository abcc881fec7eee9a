// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's IOMMU, where it has one: the kernel puts the emulated boards behind it, and
 * so what comes to the emulated root is translated as the kernel has told that IOMMU
 *
 * Only while their drivers are there, or are being unbound: a board that is removed from
 * the kernel during a transfer may take along the tables that are read here.
 */
#include <linux/iommu.h>
#include <linux/module.h>

#include "bridge.h"

/* The board's side of it, until hb_iommu_put() */
struct hb_iommu hb_iommu_get(struct hb_function *board)
{
	struct hb_iommu iommu = {};

	iommu.pdev = pci_get_domain_bus_and_slot(HB_DOMAIN, board->up->config[PCI_SECONDARY_BUS],
						 board->devfn);
	if (iommu.pdev) {
		iommu.domain = iommu_get_domain_for_dev(&iommu.pdev->dev);
		if (iommu.domain && iommu.domain->type == IOMMU_DOMAIN_IDENTITY)
			iommu.domain = NULL;
		board->translated = iommu.domain;
	}
	iommu.blocks = board->translated && !iommu.domain;
	return iommu;
}

void hb_iommu_put(struct hb_iommu *iommu)
{
	pci_dev_put(iommu->pdev);
}

/* Returns a bus address behind this bridge, an address of the machine's memory, or HB_NOWHERE */
u64 hb_iommu_translate(const struct hb_iommu *iommu, u64 address)
{
	u64 cpu;

	if (iommu->blocks)
		return HB_NOWHERE;
	if (!iommu->domain)
		return address;
	cpu = iommu_iova_to_phys(iommu->domain, address);
	if (!cpu)
		return HB_NOWHERE;
	return cpu >= hb_window.start && cpu <= hb_window.end ? hb_bus_address(cpu) : cpu;
}
