/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: events/upciedev of tracefs */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM upciedev

#if !defined(UPCIEDEV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define UPCIEDEV_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <linux/upciedev.h>

TRACE_EVENT(upciedev_irq,
	TP_PROTO(const struct pci_dev *pdev, const struct upciedev_irq_event *event),
	TP_ARGS(pdev, event),
	TP_STRUCT__entry(
		__array(char, board, 16)
		__field(u32, vector)
		__field(u16, flags)
		__field(u64, status)
		__field(u64, sequence)
	),
	TP_fast_assign(
		strscpy(__entry->board, pci_name(pdev), sizeof(__entry->board));
		__entry->vector = event->vector;
		__entry->flags = event->flags;
		__entry->status = event->status;
		__entry->sequence = event->sequence;
	),
	TP_printk("%s vector=%u sequence=%llu status=0x%llx%s", __entry->board,
		  __entry->vector, __entry->sequence, __entry->status,
		  __entry->flags & UPCIEDEV_IRQ_MASKED ? " masked" : "")
);

TRACE_EVENT(upciedev_irq_storm,
	TP_PROTO(const struct pci_dev *pdev, u32 vector),
	TP_ARGS(pdev, vector),
	TP_STRUCT__entry(
		__array(char, board, 16)
		__field(u32, vector)
	),
	TP_fast_assign(
		strscpy(__entry->board, pci_name(pdev), sizeof(__entry->board));
		__entry->vector = vector;
	),
	TP_printk("%s vector=%u", __entry->board, __entry->vector)
);

#endif /* UPCIEDEV_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
