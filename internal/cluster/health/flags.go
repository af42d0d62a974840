package health

// flags reads what kinds say by a plain true or false. A summary condition says it better where there is one.
func flags(o object) (Health, bool) {
	if hasSummary(o.conditions) {
		return Health{}, false
	}
	var verdicts []Health
	for _, f := range []struct {
		field string
		unmet State
	}{
		{"healthy", Degraded}, {"valid", Degraded}, {"pass", Degraded}, {"passed", Degraded}, {"compliant", Degraded},
		{"ready", Progressing}, {"available", Progressing}, {"readyToUse", Progressing}, {"attached", Progressing}, {"synced", Progressing},
	} {
		switch value, found := o.status.flag(f.field); {
		case found && value:
			verdicts = append(verdicts, Health{State: Healthy, Reason: f.field + " is true"})
		case found:
			verdicts = append(verdicts, Health{State: f.unmet, Reason: f.field + " is false"})
		}
	}
	return worst(verdicts)
}

var errorFields = []string{"error", "errorMessage", "errMsg", "errorDescription", "failureMessage", "failureReason"}

// reportedErrors reads the fields that are there only when something is wrong. Some kinds forget to clear them, so a summary
// condition that is True wins.
func reportedErrors(o object) (Health, bool) {
	for _, c := range o.conditions {
		if c.polarity() == summary && c.isTrue() {
			return Health{}, false
		}
	}
	for _, field := range errorFields {
		text := o.status.text(field)
		if text == "" {
			text = o.status.text(field, "message") // VolumeSnapshot
		}
		if text != "" {
			return Health{State: Degraded, Reason: plain(text)}, true
		}
	}
	for _, field := range sorted(o.status) {
		if words := split(field); len(words) > 0 && words[0] == "failed" && !empty(fields{field: o.status[field]}) {
			if _, isCount := o.status.number(field); !isCount { // counts grow with every retry, lists name what is broken now
				return Health{State: Degraded, Reason: field + " is not empty"}, true
			}
		}
	}
	return Health{}, false
}
