package health

// claim is a PersistentVolumeClaim. A volume that grows is still usable, so that is told but not waited for.
func claim(o object) (Health, bool) {
	switch phase := o.status.text("phase"); phase {
	case "Bound":
		for _, c := range o.conditions {
			if c.isTrue() && (c.name == "Resizing" || c.name == "FileSystemResizePending") {
				return Health{State: Healthy, Reason: "bound, is being resized", Since: c.since}, true
			}
		}
		return Health{State: Healthy, Reason: "bound"}, true
	case "Lost":
		return Health{State: Degraded, Reason: "its volume is gone"}, true
	}
	return Health{State: Progressing, Reason: "waits for a volume", Since: o.created()}, true
}
