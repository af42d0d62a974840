package health

// virtualMachine: KubeVirt fills in printableStatus as soon as it has looked at the machine; volumes are reported before.
// https://kubevirt.io/user-guide/user_workloads/lifecycle/
func virtualMachine(o object) (Health, bool) {
	if o.status.text("printableStatus") != "" || len(o.conditions) > 0 {
		return Health{}, false
	}
	if _, told := o.status.flag("ready"); told {
		return Health{}, false
	}
	return Health{State: Progressing, Reason: "its controller has not reported on it yet", Since: o.created()}, true
}
