// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one interrupt line, by which ports tell of boards that come and go
 */
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/irqdomain.h>
#include <linux/module.h>

#include "bridge.h"

static struct fwnode_handle *node;
static struct irq_domain *domain;

/* A port may tell again while the handlers of others run: an edge is kept until they have ended */
static int line_map(struct irq_domain *of, unsigned int irq, irq_hw_number_t number)
{
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_edge_irq);
	return 0;
}

static const struct irq_domain_ops ops = { .map = line_map };

static void fire(struct irq_work *work)
{
	generic_handle_domain_irq(domain, 0);
}

/* With interrupts off also where PREEMPT_RT would run it in a thread */
static struct irq_work work = IRQ_WORK_INIT_HARD(fire);

int hb_line_create(void)
{
	node = irq_domain_alloc_named_fwnode("test_bridge");
	if (!node)
		return -ENOMEM;
	domain = irq_domain_create_linear(node, 1, &ops, NULL);
	if (domain)
		return 0;
	irq_domain_free_fwnode(node);
	return -ENOMEM;
}

void hb_line_free(void)
{
	unsigned int irq = irq_find_mapping(domain, 0);

	irq_work_sync(&work);
	if (irq)
		irq_dispose_mapping(irq);
	irq_domain_remove(domain);
	irq_domain_free_fwnode(node);
}

int hb_line_map(const struct pci_dev *pdev, u8 slot, u8 pin)
{
	return irq_create_mapping(domain, 0);
}

/* While something is to be told the line is active; the caller holds hb_lock */
void hb_line_check(const struct hb_function *port)
{
	u16 control = hb_get16(port, HB_EXP + PCI_EXP_SLTCTL);
	u16 status = hb_get16(port, HB_EXP + PCI_EXP_SLTSTA);

	if (!(control & PCI_EXP_SLTCTL_HPIE))
		return;
	if ((status & PCI_EXP_SLTSTA_PDC && control & PCI_EXP_SLTCTL_PDCE) ||
	    (status & PCI_EXP_SLTSTA_DLLSC && control & PCI_EXP_SLTCTL_DLLSCE))
		irq_work_queue(&work);
}
