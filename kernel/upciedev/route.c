// SPDX-License-Identifier: GPL-2.0-only
/*
 * By which way one board reaches another, and who forbids it
 *
 * Requests between two ports of a switch are turned round there, unless Access Control
 * Services (ACS) of a port on either way send them up to the root complex. Whether a root
 * complex passes them on is known for few; else the administrator has to know.
 *
 * The way decides the address: a switch compares with bus addresses, which an IOMMU
 * never sees; the root complex has the IOMMU translate.
 */
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/pci-p2pdma.h>

#include "compat.h"
#include "internal.h"

static bool peer_root_complex;
module_param(peer_root_complex, bool, 0644);
MODULE_PARM_DESC(peer_root_complex, "Peers may be reached through the root complex; know that it can");

static bool peer_reads;
module_param(peer_reads, bool, 0644);
MODULE_PARM_DESC(peer_reads, "Engines may read from peers, which many switches and roots do badly");

static bool force_iova;
module_param(force_iova, bool, 0644);
MODULE_PARM_DESC(force_iova, "Have an IOMMU translate between peers even where a switch is in common");

/* Host bridges that are known to pass requests between their root ports */
static const struct {
	u16 vendor;
	u16 device;
	bool same;	/* but not to those of another host bridge */
} good_roots[] = {
	{ PCI_VENDOR_ID_INTEL, 0x3c00, true },	/* Xeon E5 */
	{ PCI_VENDOR_ID_INTEL, 0x3c01, true },
	{ PCI_VENDOR_ID_INTEL, 0x2f00, true },	/* Xeon E5 v3 */
	{ PCI_VENDOR_ID_INTEL, 0x2f01, true },
	{ PCI_VENDOR_ID_INTEL, 0x2030, true },	/* Xeon Scalable */
	{ PCI_VENDOR_ID_INTEL, 0x2031, false },
	{ PCI_VENDOR_ID_INTEL, 0x2032, false },
	{ PCI_VENDOR_ID_INTEL, 0x2033, false },
	{ PCI_VENDOR_ID_INTEL, 0x2020, false },
	{ PCI_VENDOR_ID_INTEL, 0x09a2, false },
};

static bool good_processor(void)
{
#ifdef CONFIG_X86
	return boot_cpu_data.x86_vendor == X86_VENDOR_AMD && boot_cpu_data.x86 >= 0x17;
#else
	return false;
#endif
}

static struct pci_bus *root_bus(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;

	while (!pci_is_root_bus(bus))
		bus = bus->parent;
	return bus;
}

/* By which a host bridge is known: its own device or, where it has none, a root port */
static struct pci_dev *root_device(struct pci_dev *pdev)
{
	struct pci_dev *root = pci_get_slot(root_bus(pdev), PCI_DEVFN(0, 0));

	return root ?: pci_dev_get(pcie_find_root_port(pdev));
}

/*
 * At probe: looking it up takes the lock of all buses, for which error recovery may make us
 * wait while it waits for us. The vendor is the low half.
 */
u32 upciedev_find_host_bridge(struct pci_dev *pdev)
{
	struct pci_dev *root = root_device(pdev);
	u32 id = root ? root->vendor | (u32)root->device << 16 : 0;

	pci_dev_put(root);
	return id;
}

static bool root_listed(u32 id, bool same)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good_roots); i++)
		if (id == (good_roots[i].vendor | (u32)good_roots[i].device << 16))
			return same || !good_roots[i].same;
	return false;
}

static bool root_passes(const struct upciedev_device *from, const struct upciedev_device *to)
{
	bool same = root_bus(from->pdev) == root_bus(to->pdev);

	if (READ_ONCE(peer_root_complex) || good_processor())
		return true;
	return root_listed(from->host_bridge, same) && root_listed(to->host_bridge, same);
}

/* The bridge below which both are; NULL: only the root complex */
static struct pci_dev *bridge_in_common(struct pci_dev *from, struct pci_dev *to)
{
	struct pci_dev *one, *other;

	for (one = pci_upstream_bridge(from); one; one = pci_upstream_bridge(one))
		for (other = pci_upstream_bridge(to); other; other = pci_upstream_bridge(other))
			if (one == other)
				return one;
	return NULL;
}

/* A port of a switch, or none that could turn a request round */
static bool turns_round(struct pci_dev *bridge)
{
	return bridge && (!pci_is_pcie(bridge) ||
			  pci_pcie_type(bridge) == PCI_EXP_TYPE_UPSTREAM);
}

static bool redirects(struct pci_dev *port)
{
	int at = pci_find_ext_capability(port, PCI_EXT_CAP_ID_ACS);
	u16 control;

	if (!at || pci_read_config_word(port, at + PCI_ACS_CTRL, &control))
		return false;
	return control & (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC);
}

/* The first port between @pdev and the bridge that sends requests further up */
static struct pci_dev *redirecting(struct pci_dev *pdev, const struct pci_dev *up_to)
{
	struct pci_dev *port;

	for (port = pci_upstream_bridge(pdev); port && port != up_to;
	     port = pci_upstream_bridge(port))
		if (redirects(port))
			return port;
	return NULL;
}

static void tell_bridge(struct upciedev_route *route, const struct pci_dev *bridge)
{
	if (!bridge)
		return;
	route->flags |= UPCIEDEV_ROUTE_BRIDGE;
	route->domain = pci_domain_nr(bridge->bus);
	route->bus = bridge->bus->number;
	route->devfn = bridge->devfn;
}

static void refuse(struct upciedev_route *route, u32 reason)
{
	route->kind = UPCIEDEV_ROUTE_REFUSED;
	route->reason = reason;
}

static bool translated(struct pci_dev *pdev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY;
}

static void by_root(struct upciedev_route *route, const struct upciedev_device *from,
		    const struct upciedev_device *to, u32 reason)
{
	route->reason = reason;
	if (!root_passes(from, to))
		route->kind = UPCIEDEV_ROUTE_REFUSED;
	else
		route->kind = route->flags & UPCIEDEV_ROUTE_TRANSLATED ?
			      UPCIEDEV_ROUTE_ROOT_IOMMU : UPCIEDEV_ROUTE_ROOT;
}

static void by_topology(struct upciedev_route *route, const struct upciedev_device *from,
			const struct upciedev_device *to)
{
	struct pci_dev *common = bridge_in_common(from->pdev, to->pdev), *port;

	if (!turns_round(common)) {
		by_root(route, from, to, UPCIEDEV_REASON_ROOTS);
		return;
	}
	port = redirecting(from->pdev, common) ?: redirecting(to->pdev, common);
	tell_bridge(route, port ?: common);
	if (port)
		by_root(route, from, to, UPCIEDEV_REASON_ACS);
	else
		route->kind = UPCIEDEV_ROUTE_DIRECT;
}

/* The kernel's own refusal is a veto */
static bool vetoed(struct pci_dev *from, struct pci_dev *to)
{
	return IS_ENABLED(CONFIG_PCI_P2PDMA) && pci_p2pdma_distance(to, &from->dev, false) < 0;
}

static bool offers(const struct upciedev_device *device, u32 index)
{
	const struct upciedev_bar *bar = upciedev_bar(device, index);

	return bar && bar->flags & UPCIEDEV_BAR_PEER;
}

static bool address_fits(const struct upciedev_route *route, const struct upciedev_device *to,
			 u32 bar, u32 address_bits)
{
	u64 last = pci_bus_address(to->pdev, bar) + to->bars[bar].length - 1;

	/* The DMA API takes care of its own addresses */
	return route->kind == UPCIEDEV_ROUTE_ROOT_IOMMU || last <= DMA_BIT_MASK(address_bits);
}

/**
 * upciedev_route_find() - from one board to a window of another
 * @from: who emits the requests
 * @to: whose window
 * @bar: the window, below UPCIEDEV_NR_BARS
 * @dma: channel of @from, or NULL for writing in general
 *
 * Both boards are there. As of now: the administrator may change it at any moment.
 */
struct upciedev_route upciedev_route_find(const struct upciedev_device *from,
					  const struct upciedev_device *to, u32 bar,
					  const struct upciedev_card_dma *dma)
{
	struct upciedev_route route = {};

	if (translated(from->pdev))
		route.flags |= UPCIEDEV_ROUTE_TRANSLATED;
	if (from == to)
		refuse(&route, UPCIEDEV_REASON_SELF);
	else if (!offers(to, bar))
		refuse(&route, UPCIEDEV_REASON_WINDOW);
	else if (upciedev_bar_lost(to, bar))
		refuse(&route, UPCIEDEV_REASON_LOST);
	else if (!upciedev_may_master(from))
		refuse(&route, UPCIEDEV_REASON_MASTER);
	else if (dma && dma->flags & UPCIEDEV_DMA_TO_BOARD && !READ_ONCE(peer_reads))
		refuse(&route, UPCIEDEV_REASON_READ);
	else
		by_topology(&route, from, to);
	if (route.kind == UPCIEDEV_ROUTE_REFUSED)
		return route;
	if (route.kind == UPCIEDEV_ROUTE_DIRECT && READ_ONCE(force_iova) &&
	    route.flags & UPCIEDEV_ROUTE_TRANSLATED)
		route.kind = UPCIEDEV_ROUTE_ROOT_IOMMU;
	if (vetoed(from->pdev, to->pdev))
		refuse(&route, UPCIEDEV_REASON_KERNEL);
	else if (dma && !address_fits(&route, to, bar, dma->address_bits))
		refuse(&route, UPCIEDEV_REASON_ADDRESS);
	return route;
}
