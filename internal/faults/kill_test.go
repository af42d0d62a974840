package faults

import (
	"testing"
)

// The controller is killed (kill -9) at the edge of every stage of an update, and started again.
func TestKill(t *testing.T) {
	anyApply := Verb("apply")
	for name, c := range map[string]struct {
		fault Fault
		git   bool // it is the git server that is asked
		start bool // it is killed as it starts
		lost  bool // the server has done what was asked before the kill; without it the server never hears of it
		long  bool
		edit  bool // objects are changed, none is made or removed: no record precedes them
	}{
		"fetch: as it asks for branches":            {fault: Fault{Match: To(advertisement)}, git: true, long: true},
		"fetch: as a pack arrives":                  {fault: Fault{Match: To(pack), Skip: 1}, git: true},
		"render: as files arrive":                   {fault: Fault{Match: To(pack), Skip: 2}, git: true, lost: true, long: true},
		"plan: before the first object is read":     {fault: Fault{Match: inPlan, Times: 1}, long: true},
		"plan: at the second read of a start":       {fault: Fault{Match: inPlan, Skip: 1}, start: true, long: true},
		"release: before it is recorded":            {fault: Fault{Match: Of("create", "releases")}, long: true},
		"release: once it is recorded":              {fault: Fault{Match: Of("create", "releases")}, lost: true},
		"apply: before the first object":            {fault: Fault{Match: anyApply}, long: true},
		"apply: once the third object is there":     {fault: Fault{Match: anyApply, Skip: 2}, lost: true},
		"apply: once the last object is there":      {fault: Fault{Match: anyApply, Skip: 3}, lost: true, long: true},
		"prune: before an object is deleted":        {fault: Fault{Match: Verb("delete")}},
		"prune: once an object is deleted":          {fault: Fault{Match: Verb("delete")}, lost: true, long: true},
		"status: before it tells of the sync":       {fault: Fault{Match: Of("update", "applications/status"), After: Verb("delete")}, long: true},
		"status: once it tells of the sync":         {fault: Fault{Match: Of("update", "applications/status"), After: Verb("delete")}, lost: true, long: true},
		"record: before it tells what was done":     {fault: Fault{Match: Of("patch", "releases"), After: anyApply}, long: true},
		"edit: once the first object is there":      {fault: Fault{Match: anyApply}, lost: true, edit: true, long: true},
		"edit: once the last object is there":       {fault: Fault{Match: anyApply, Skip: 2}, lost: true, edit: true, long: true},
		"edit: before it is recorded":               {fault: Fault{Match: Of("create", "releases")}, edit: true},
		"edit: once it is recorded":                 {fault: Fault{Match: Of("create", "releases")}, lost: true, edit: true, long: true},
		"start: before the Applications are listed": {fault: Fault{Match: Of("watch", "applications")}, start: true, long: true},
		"start: before what is live is watched":     {fault: Fault{Match: Of("watch", "configmaps")}, start: true, long: true},
		"start: three times in a row":               {fault: Fault{Match: Verb("get"), Times: 3}, start: true, long: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("not in the short form")
			}
			t.Parallel()
			w := newWorld(t)
			w.open()
			c.fault.Name = name
			fault := w.killAt(c.fault, c.git, c.lost)
			change, pruned := update, []string{"configmaps/d"}
			if c.edit {
				change, pruned = edit, nil
			}
			w.push(change)
			if c.start {
				w.process.restart()
			}
			w.recovers("kill -9", fault, pruned...)
		})
	}
}

// killAt has the controller killed, and another one started, when a request passes.
func (w *world) killAt(f Fault, git, lost bool) *Active {
	f.Times = max(f.Times, 1)
	f.Effect = Before(w.process.restart)
	if lost {
		f.Effect = Instead(w.process.restart)
	}
	if git {
		return w.toGit.Inject(f)
	}
	return w.toAPI.Inject(f)
}

// inPlan matches what a plan begins with.
func inPlan(r Request) bool {
	return r.Verb == "get" && (r.Resource == "configmaps" || r.Resource == "deployments")
}
