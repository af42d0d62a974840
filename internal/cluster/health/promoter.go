package health

import "slices"

// promoter: the kinds of the GitOps Promoter report failure by any Ready that is False, and what holds a promotion back per
// environment: by a phase, or by the commit that is proposed being another than the active one.
// https://github.com/argoproj-labs/gitops-promoter
func promoter(o object) (Health, bool) {
	ready, ok := find(o.conditions, "Ready")
	if !ok {
		return Health{State: Progressing, Reason: "its controller has not reported on it yet", Since: o.created()}, true
	}
	if h, ok := ready.judge(true, true, o.generation); !ok || h.State != Healthy {
		if ready.isFalse() && h.State == Progressing && (ready.generation == 0 || ready.generation >= o.generation) {
			h.State = Degraded
		}
		return h, ok
	}
	switch o.kind.Kind {
	case "CommitStatus": // its phase is the news it carries
		return ready.health(Healthy), true
	case "ChangeTransferPolicy":
		return promotion("it", o.status, ready), true
	case "ArgoCDCommitStatus", "PromotionStrategy":
		field := map[string]string{"ArgoCDCommitStatus": "applicationsSelected", "PromotionStrategy": "environments"}[o.kind.Kind]
		if list, found := o.status[field].([]any); found && len(list) == 0 {
			return Health{State: Degraded, Reason: "status." + field + " is empty"}, true
		}
	}
	verdicts := []Health{ready.health(Healthy)}
	proposed := map[string]bool{}
	for _, environment := range o.status.list("environments") {
		branch := "environment " + environment.text("branch")
		switch phase := environment.text("phase"); {
		case o.kind.Kind == "PromotionStrategy":
			verdicts = append(verdicts, promotion(branch, environment, ready))
			proposed[environment.text("proposed", "dry", "sha")] = true
		case slices.Contains([]string{"failure", "pending"}, phase):
			state, _ := phrase(phase)
			verdicts = append(verdicts, Health{State: state, Reason: branch + " is " + phase})
		}
	}
	if len(proposed) > 1 {
		verdicts = append(verdicts, Health{State: Progressing, Reason: "not all environments have the same commit proposed"})
	}
	return worst(verdicts)
}

// promotion compares the commit that an environment runs with the one proposed for it.
func promotion(what string, environment fields, ready condition) Health {
	active := environment.text("active", "dry", "sha")
	proposed := environment.text("proposed", "dry", "sha")
	switch {
	case active == "":
		return Health{State: Progressing, Reason: what + " has no active commit yet"}
	case proposed == "":
		return Health{State: Progressing, Reason: what + " has no proposed commit yet"}
	case active != proposed:
		return Health{State: Progressing, Reason: what + " is being promoted"}
	}
	return ready.health(Healthy)
}
