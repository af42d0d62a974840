package health

// gloo: the kinds of Gloo report for each controller under status.statuses, older versions in status itself; the state is a
// word or its number. Nothing has been validated yet while it is Pending, and a Warning is served, yet not as written.
// https://github.com/solo-io/solo-kit/blob/main/api/v1/status.proto
func gloo(o object) (Health, bool) {
	reports := []fields{o.status}
	if byController := o.status.sub("statuses"); len(byController) > 0 {
		reports = nil
		for _, controller := range sorted(byController) {
			reports = append(reports, byController.sub(controller))
		}
	}
	var verdicts []Health
	for _, report := range reports {
		state := report.text("state")
		if number, ok := report.number("state"); ok && number >= 0 && number < int64(len(glooStates)) {
			state = glooStates[number]
		}
		switch state {
		case "Pending":
			verdicts = append(verdicts, Health{State: Suspended, Reason: "not validated yet"})
		case "Accepted":
			verdicts = append(verdicts, Health{State: Healthy, Reason: "state is Accepted"})
		case "Rejected", "Warning":
			verdicts = append(verdicts, Health{State: Degraded, Reason: "state is " + state + ": " + plain(report.text("reason"))})
		}
	}
	if h, ok := worst(verdicts); ok {
		return h, true
	}
	return Health{State: Progressing, Reason: "its controller has not reported on it yet", Since: o.created()}, true
}

var glooStates = []string{"Pending", "Accepted", "Rejected", "Warning"}
