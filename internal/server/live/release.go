package live

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/operate"
)

// releaseSink takes in Releases: of each namespace the last mostReleases.
type releaseSink struct{ m *model }

func (s releaseSink) see(object runtime.Object, round uint64) {
	var r v1alpha1.Release
	if !into(object, &r) {
		return
	}
	row := releaseRow(&r)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	all := s.m.releases[r.Namespace]
	i, found := slices.BinarySearchFunc(all, row, earlier)
	if j := slices.IndexFunc(all, func(o *Release) bool { return o.ID == row.ID }); j >= 0 {
		all[j] = row // when it was started never changes
	} else if found || i > 0 || len(all) < mostReleases {
		all = slices.Insert(all, i, row)
	} else {
		return // older than all that are kept
	}
	if len(all) > mostReleases {
		s.m.dropRelease(all[0])
		all = slices.Delete(all, 0, 1)
	}
	s.m.releases[r.Namespace] = all
	s.m.others[ref{"releases", row.ID}] = round
	row.Cause = releaseCause(row, all)
	s.m.store.set("releases", row)
	if a := s.m.apps[row.App]; a != nil {
		s.m.touchedApps[a] = true
	}
}

func earlier(a, b *Release) int {
	if a.Started != b.Started {
		return int(a.Started - b.Started)
	}
	return strings.Compare(a.ID, b.ID)
}

func (m *model) dropRelease(r *Release) {
	delete(m.others, ref{"releases", r.ID})
	m.store.remove("releases", r.ID)
}

func (s releaseSink) gone(object runtime.Object) {
	if o, err := meta.Accessor(object); err == nil {
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.loseReleases(o.GetNamespace(), func(r *Release) bool { return r.ID == o.GetNamespace()+"/"+o.GetName() })
	}
}

func (s releaseSink) sweep(namespace string, round uint64) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for of := range s.m.releases {
		if namespace == "" || namespace == of {
			s.m.loseReleases(of, func(r *Release) bool { return s.m.others[ref{"releases", r.ID}] != round })
			s.m.explain(of)
		}
	}
}

// explain tells the causes anew, now that all that was before is known: a list has its own order.
func (m *model) explain(namespace string) {
	all := m.releases[namespace]
	for i, r := range all {
		if cause := releaseCause(r, all); cause != r.Cause {
			row := *r
			row.Cause = cause
			all[i] = &row
			m.store.set("releases", &row)
		}
	}
}

func (m *model) loseReleases(namespace string, lost func(*Release) bool) {
	m.releases[namespace] = slices.DeleteFunc(m.releases[namespace], func(r *Release) bool {
		if lost(r) {
			m.dropRelease(r)
			return true
		}
		return false
	})
}

func releaseRow(r *v1alpha1.Release) *Release {
	row := &Release{
		ID: r.Namespace + "/" + r.Name, App: r.Namespace + "/" + r.Spec.Application, Number: r.Spec.Number, Revision: r.Spec.ShortRevision,
		Previous: short(r.Spec.PreviousRevision, r.Spec.ShortRevision), Author: cut(r.Spec.Author, mostText), Subject: cut(r.Spec.Subject, mostText),
		Committed: unix(&r.Spec.CommittedAt), By: cut(r.Spec.RequestedBy, mostText), Started: r.CreationTimestamp.Unix(), Finished: unix(r.Status.FinishedAt),
		Result: r.Status.Result, Message: cut(r.Status.Message, mostText), Summary: cut(r.Spec.Summary, mostText), Changes: len(r.Spec.Changes),
		Images: []string{}, Durations: maps.Clone(r.Spec.DurationsMillis), reason: r.Spec.Reason,
	}
	if row.Durations == nil {
		row.Durations = map[string]int64{}
	}
	for _, i := range r.Spec.Images {
		row.Images = append(row.Images, imageStep(i))
	}
	if p := r.Spec.Practices; p != nil {
		row.Errors, row.Warnings = int(p.Errors), int(p.Warnings)
	}
	return row
}

// short is a revision as long as another one that is short.
func short(revision, like string) string {
	if n := len(like); n > 0 && n < len(revision) {
		return revision[:n]
	}
	return revision
}

// imageStep is "front 1.4→1.5".
func imageStep(i v1alpha1.ImageChange) string {
	name := i.Image[strings.LastIndexByte(i.Image, '/')+1:]
	return cut(fmt.Sprintf("%s %s→%s", name, i.From, i.To), mostText)
}

// releaseCause makes a release's cause of the reason it gives, and of what was delivered before.
func releaseCause(row *Release, all []*Release) string {
	wasBefore := slices.ContainsFunc(all, func(o *Release) bool {
		return o.App == row.App && o.Number < row.Number-1 && o.Revision == row.Revision
	})
	switch {
	case row.Result == "Refused":
		return "refused"
	case wasBefore && row.Previous != row.Revision, strings.HasPrefix(row.Subject, operate.RollBack):
		return "rollback"
	case row.Author == "Fairlead" && len(row.Images) > 0: // the author of automation's commits, unless it has another
		return "automation"
	case row.reason == "the cluster differed from the source":
		return "drift"
	case row.reason == "requested", row.By != "":
		return "request"
	}
	return "commit"
}
