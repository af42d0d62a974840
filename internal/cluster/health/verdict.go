package health

// unmet reads a positive condition that is not True: whether it waits or went wrong. Where neither its reason nor its
// message has a word that tells, it waits: kstatus takes it so too, and most controllers start from False.
func (c condition) unmet() State {
	if c.status == "Unknown" { // by convention: not decided yet
		if state, ok := message(c.reason); ok && state == Degraded {
			return Degraded
		}
		return Progressing
	}
	if c.status != "" && !c.isFalse() { // a word of its own, which the conventions don't allow
		if state, ok := phrase(c.status); ok {
			return state
		}
		return Degraded
	}
	byReason, reasonKnown := phrase(c.reason)
	byMessage, messageKnown := message(c.message)
	switch {
	case c.severity == "Error", c.ended(), reasonKnown && (byReason == Degraded || byReason == Missing):
		return Degraded
	case reasonKnown && byReason == Suspended:
		return Suspended
	case messageKnown && byMessage == Degraded:
		return Degraded
	case c.severity == "Info", reasonKnown && byReason == Progressing:
		return Progressing
	case messageKnown && byMessage == Progressing:
		return Progressing
	case c.isVerdict():
		return Degraded
	}
	return Progressing
}

// judgeConditions weighs conditions against each other. The second value is false when none of them says how the object is.
func judgeConditions(conditions []condition, generation int64) (Health, bool) {
	summed, well := false, false // there is a summary condition; one is True
	for _, c := range conditions {
		if c.polarity() == summary {
			summed, well = true, well || c.isTrue()
		}
	}
	var verdicts []Health
	for _, c := range conditions {
		if h, ok := c.judge(summed, well, generation); ok {
			verdicts = append(verdicts, h)
		}
	}
	return worst(verdicts)
}

func (c condition) judge(summed, well bool, generation int64) (Health, bool) {
	switch p := c.polarity(); {
	case p == summary || p == component && !summed:
		switch {
		case c.generation > 0 && c.generation < generation:
			return Health{State: Progressing, Reason: c.name + " is about the version before the last change", Since: c.since}, true
		case c.isTrue():
			return c.health(Healthy), true
		}
		return c.health(c.unmet()), true
	case p == negative && c.isTrue():
		if state, ok := phrase(c.reason); ok && state == Progressing { // Strimzi: NotReady, Creating
			return c.health(Progressing), true
		}
		return c.health(Degraded), true
	case p == working && c.isTrue():
		return c.health(Progressing), true
	case p == halted && c.isTrue():
		return c.health(Suspended), true
	case !c.isFalse():
		return Health{}, false
	case c.severity == "Error":
		return c.health(Degraded), true
	case p == neutral && !well:
		if state, ok := phrase(c.reason); ok && state == Degraded {
			return c.health(Degraded), true
		}
	}
	return Health{}, false
}

// gravity orders verdicts about one object. Suspended comes first: somebody has stopped it, the rest follows from that.
var gravity = map[State]int{Unknown: 0, Healthy: 1, Progressing: 2, Missing: 3, Degraded: 4, Suspended: 5}

// worst returns the gravest verdict, the first of equals.
func worst(verdicts []Health) (Health, bool) {
	if len(verdicts) == 0 {
		return Health{}, false
	}
	w := verdicts[0]
	for _, h := range verdicts[1:] {
		if gravity[h.State] > gravity[w.State] {
			w = h
		}
	}
	return w, true
}
